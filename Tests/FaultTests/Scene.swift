import Foundation
import Testing

/// A folder of its own for a fault, and the program that meets it there.
final class Scene {
    /// How a script ended.
    struct End {
        /// The exit status; of a signal 128 and its number, as the shell has it.
        var status: Int32
        var output: String
        var errors: String
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The command line, as it is built beside the tests.
    static let program: String = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).standardizedFileURL
        folder.deleteLastPathComponent()
        return folder.appendingPathComponent("staleline").path
    }()

    /// What stands before a program that must come to an end soon: the limits are of its processor time, which other programs
    /// do not use up, and of the time by the clock against a program that waits for good.
    static let soon = "ulimit -t 60; exec timeout 1200"

    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("staleline-fault-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Writes a file.
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    /// A file's bytes; nil: there is none.
    func bytes(_ name: String) -> [UInt8]? {
        (try? Data(contentsOf: folder.appendingPathComponent(name))).map { [UInt8]($0) }
    }

    /// The names in the folder, but for those of the scene itself.
    var names: [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { !$0.hasPrefix("scene.") }.sorted()
    }

    /// Runs a script of bash in the folder; `$staleline` is the program.
    ///
    /// Its output goes through files, so that nothing waits for a pipe.
    func run(_ script: String) throws -> End {
        let names = ["scene.output", "scene.errors"].map(folder.appendingPathComponent)
        for name in names { try Data().write(to: name) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["staleline"] = Self.program
        environment["STALELINE_HOME"] = Self.root.path
        environment["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        // Threads that run tests have signals blocked, and a child would have them, too.
        var (none, usual) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &usual)
        defer { pthread_sigmask(SIG_SETMASK, &usual, nil) }
        process.standardOutput = try FileHandle(forWritingTo: names[0])
        process.standardError = try FileHandle(forWritingTo: names[1])
        try process.run()
        process.waitUntilExit()
        let status = process.terminationStatus
        return End(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
            output: String(decoding: bytes("scene.output") ?? [], as: UTF8.self),
            errors: String(decoding: bytes("scene.errors") ?? [], as: UTF8.self))
    }

    /// Runs a script that has to end with status 2, saying some words, and to leave only these files.
    func refused(
        _ script: String, _ words: String..., leaves: [String]? = nil,
        at place: SourceLocation = #_sourceLocation
    ) throws {
        let end = try run(script)
        #expect(end.status == 2, "\(script): \(end.errors)", sourceLocation: place)
        for word in words {
            #expect(
                end.errors.contains(word), "\(script): \(end.errors)", sourceLocation: place)
        }
        #expect(!end.errors.contains("Fatal error"), "\(end.errors)", sourceLocation: place)
        if let leaves { #expect(names == leaves, "\(script)", sourceLocation: place) }
    }
}

/// Traces to meet faults with.
enum Traces {
    /// A trace with one finding.
    static let bug = """
        staleline 1
        machine zynq7000
        kernel 6.12
        device eth0
        buffer rx 0x10200000 4096
        R = dma_map_single eth0 rx 1536 FROM_DEVICE
        dma_mapping_error R
        ld rx 64 by 8
        writel eth0+0x14 = 1
        eth0: wr rx 1536
        wait eth0
        ld rx 1536 by 8
        dma_unmap_single R

        """

    /// A trace with so many findings, each of a buffer and a transfer of its own.
    static func bugs(_ count: Int) -> String {
        var text = "staleline 1\nmachine zynq7000\nkernel 6.12\ndevice eth0\n"
        for index in 0..<count {
            text += "buffer rx\(index) 0x\(String(0x1020_0000 + index << 12, radix: 16)) 4096\n"
        }
        for index in 0..<count {
            text += """
                R = dma_map_single eth0 rx\(index) 1536 FROM_DEVICE
                dma_mapping_error R
                ld rx\(index) 64 by 8
                writel eth0+0x14 = 1
                eth0: wr rx\(index) 1536
                wait eth0
                ld rx\(index) 1536 by 8
                dma_unmap_single R

                """
        }
        return text
    }

    /// Lines of single accesses, so that reading and writing take some time.
    static func long(_ count: Int) -> [UInt8] {
        var text = "staleline 1\n"
        for index in 0..<count {
            text +=
                "\(index % 3 == 0 ? "st" : "ld") 0x\(String(0x2000_0000 + index * 4, radix: 16)) 4\n"
        }
        return Array(text.utf8)
    }

    /// Lines of lackey.
    static func lackey(_ count: Int) -> [UInt8] {
        var text = ""
        for index in 0..<count {
            text +=
                " \(index % 3 == 0 ? "S" : "L") \(String(0x2000_0000 + index * 4, radix: 16)),4\n"
        }
        return Array(text.utf8)
    }
}

/// Whether a sanitizer is built in (`make test-sanitized`): it needs more address space and larger files than some faults leave.
let isSanitized = ProcessInfo.processInfo.environment["STALELINE_SANITIZED"] != nil

/// Whether the faults that take long, or root, are tried too: `make test-faults`.
let allFaults = ProcessInfo.processInfo.environment["STALELINE_FAULTS"] == "all"
