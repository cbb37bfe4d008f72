import ArgumentParser
import Foundation
import Glibc

/// What a long command may take.
///
/// A limit that is reached ends the program with status 3 and a message. Files are written under their names only when
/// they are whole, so nothing half is left.
struct LimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "End when the program has more memory than this, as 512M or 4G.", valueName: "size"))
    var limitMemory: String?

    @Option(
        help: ArgumentHelp(
            "End when the command has taken more than this, in seconds.", valueName: "seconds"))
    var limitTime: String?

    /// Refuses limits that are none.
    func validate() throws {
        _ = try memory()
        _ = try time()
    }

    /// Begins to watch over what was limited.
    func start() throws {
        LimitWatch.start(
            memory: try memory().map { ($0, "--limit-memory \(limitMemory ?? "")") },
            time: try time().map { ($0, "--limit-time \(limitTime ?? "")") })
    }

    /// The limit of memory, in bytes.
    private func memory() throws -> UInt64? {
        guard let text = limitMemory else { return nil }
        let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30, "T": 40]
        let shift = text.last.flatMap { shifts[Character($0.uppercased())] }
        let number = UInt64(shift == nil ? text : String(text.dropLast()))
        guard let number, number > 0, number <= UInt64.max >> (shift ?? 0) else {
            throw ValidationError(
                "--limit-memory \(text): expected a size above 0, as 512M or 4G")
        }
        return number << (shift ?? 0)
    }

    /// The limit of time, in nanoseconds.
    private func time() throws -> UInt64? {
        guard let text = limitTime else { return nil }
        guard let seconds = Double(text), seconds > 0, seconds <= 1e9 else {
            throw ValidationError(
                "--limit-time \(text): expected seconds above 0 and at most 1000000000")
        }
        return UInt64(seconds * 1e9)
    }
}

/// A command with limits.
protocol LimitedCommand {
    var limits: LimitOptions { get }
}

/// Looks at memory and time while a command runs.
private enum LimitWatch {
    /// How often, in microseconds.
    private static let period: UInt32 = 10_000

    static func start(
        memory: (limit: UInt64, words: String)?, time: (limit: UInt64, words: String)?
    ) {
        guard memory != nil || time != nil else { return }
        let begin = MonotonicTime.nanoseconds
        @Sendable func look() {
            if let memory, let used = residentBytes(), used > memory.limit {
                end("more memory is needed", memory.words)
            }
            if let time, MonotonicTime.nanoseconds &- begin > time.limit {
                end("more time is needed", time.words)
            }
        }
        // A thread may begin after a short command has ended.
        look()
        Thread.detachNewThread {
            while true {
                usleep(period)
                look()
            }
        }
    }

    /// Ends the program; what it has not finished writing is taken away.
    private static func end(_ found: String, _ option: String) -> Never {
        // First, for QEMU finishes its trace when it ends.
        RunningEmulator.endAtLimit()
        UnfinishedFiles.removeAll()
        Diagnostics.error(
            "\(found) (\(option)); "
                + (Output.hasWritten ? "what was printed is not whole" : "there is no result"))
        _exit(3)
    }

    /// How much memory the program has in use; nil: the system does not say.
    private static func residentBytes() -> UInt64? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let words = bytes[..<count].split(separator: UInt8(ascii: " "))
        guard words.count > 1, let pages = UInt64(String(decoding: words[1], as: UTF8.self)) else {
            return nil
        }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// A clock that nobody sets.
enum MonotonicTime {
    /// Nanoseconds since some moment.
    static var nanoseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
    }
}
