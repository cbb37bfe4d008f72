import Foundation

/// bash, and a folder to run it in.
enum Shell {
    struct End {
        /// The exit status; of a signal 128 and its number, as the shell has it.
        var status: Int32
        var output: String
        var errors: String
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The program that was built beside the tests, or that `STALELINE_PROGRAM` names.
    static let program =
        ProcessInfo.processInfo.environment["STALELINE_PROGRAM"].map(URL.init(fileURLWithPath:))
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("staleline")

    /// A file of the repository.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Runs bash with these words, in the repository or elsewhere, with `staleline` in PATH; `input` is its standard input.
    static func run(
        _ words: [String], in folder: URL = root, environment: [String: String] = [:],
        input: String = ""
    ) throws -> End {
        let scratch = try Scratch()
        try scratch.write("input", input)
        for name in ["output", "errors"] { try scratch.write(name, "") }
        let bin = try scratch.folder("bin")
        try FileManager.default.createSymbolicLink(
            at: bin.appendingPathComponent("staleline"), withDestinationURL: program)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = words
        process.currentDirectoryURL = folder
        var all = ProcessInfo.processInfo.environment
        all["PATH"] = bin.path + ":" + (all["PATH"] ?? "/usr/bin:/bin")
        all["SWIFT_BACKTRACE"] = "enable=no"
        all["STALELINE_HOME"] = root.path
        all["LC_ALL"] = "C.UTF-8"
        process.environment = all.merging(environment) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: scratch.url("input"))
        process.standardOutput = try FileHandle(forWritingTo: scratch.url("output"))
        process.standardError = try FileHandle(forWritingTo: scratch.url("errors"))
        // Threads that run tests have signals blocked, and a child would have them, too.
        var (none, usual) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &usual)
        defer { pthread_sigmask(SIG_SETMASK, &usual, nil) }
        try process.run()
        process.waitUntilExit()
        let status = process.terminationStatus
        return End(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
            output: try scratch.text("output"), errors: try scratch.text("errors"))
    }
}

/// A folder that is gone after the test.
final class Scratch {
    let root: URL

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "staleline-documentation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func url(_ name: String) -> URL { root.appendingPathComponent(name) }

    func folder(_ name: String) throws -> URL {
        try FileManager.default.createDirectory(at: url(name), withIntermediateDirectories: true)
        return url(name)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: url(name))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url(name)), as: UTF8.self)
    }
}
