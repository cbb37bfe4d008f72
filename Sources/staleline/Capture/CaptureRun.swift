import Foundation
import Glibc

/// A run of QEMU.
struct CaptureRun {
    /// How it ended.
    struct End {
        /// The exit status, or 128 and the signal's number.
        var status: Int32
        /// Whether a signal ended it.
        var isSignal: Bool
        /// Whether it took too long.
        var isTimeout: Bool
    }

    /// QEMU's program.
    let emulator: String
    /// What it is told.
    let arguments: [String]
    /// After how many seconds it is ended.
    let timeout: Double?

    /// Runs it with this process's standard input, output and error.
    ///
    /// - Throws: ``BadInput`` if it cannot be started.
    func perform() throws -> End {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: emulator)
        process.arguments = arguments
        do { try process.run() } catch {
            throw BadInput("\(emulator): \(error.localizedDescription)")
        }
        // What ends this program ends QEMU, whose end is waited for: nothing unfinished stays.
        RunningEmulator.process = process.processIdentifier
        let signals = [SIGINT, SIGTERM, SIGHUP]
        let before = signals.map { signal($0) { _ in RunningEmulator.end() } }
        defer {
            for (number, handler) in zip(signals, before) { signal(number, handler) }
            RunningEmulator.process = 0
        }
        var isTimeout = false
        if let timeout {
            let begin = MonotonicTime.nanoseconds
            while process.isRunning, Double(MonotonicTime.nanoseconds &- begin) < timeout * 1e9 {
                usleep(20_000)
            }
            if process.isRunning {
                isTimeout = true
                // QEMU's system emulation ends in order on this signal, and its plugins with it.
                process.terminate()
            }
        }
        process.waitUntilExit()
        // The limit's thread takes away what there is, and ends the program.
        while RunningEmulator.isAtLimit { pause() }
        let isSignal = process.terminationReason == .uncaughtSignal
        return End(
            status: isSignal ? 128 + process.terminationStatus : process.terminationStatus,
            isSignal: isSignal, isTimeout: isTimeout)
    }
}

/// Which process a signal's handler ends: it can ask for nothing but a global.
enum RunningEmulator {
    nonisolated(unsafe) static var process: pid_t = 0

    /// The folder for what it says of its run; nil: there is none.
    nonisolated(unsafe) static var folder: URL?
    /// Whether a limit has ended it.
    nonisolated(unsafe) private(set) static var isAtLimit = false

    /// Ends it because of a limit, waits until it is gone, and takes its folder away.
    ///
    /// For the limit's thread. Ten seconds are time enough to end in order, also on a busy machine; then it is killed.
    static func endAtLimit() {
        guard let folder else { return }
        isAtLimit = true
        end()
        let begin = MonotonicTime.nanoseconds
        // Gone is what the thread that started it has waited for.
        while process > 0, kill(process, 0) == 0 {
            if MonotonicTime.nanoseconds &- begin > 10_000_000_000 { kill(process, SIGKILL) }
            if MonotonicTime.nanoseconds &- begin > 20_000_000_000 { break }
            usleep(10_000)
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Ends it, if there is one.
    ///
    /// May be called by a handler of signals.
    static func end() {
        if process > 0 { kill(process, SIGTERM) }
    }
}
