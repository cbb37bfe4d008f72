import Experiments
import Foundation
import Results
import Testing

/// A folder that is gone after the test.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "staleline-sweep-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: url.appendingPathComponent(name))
    }
}

/// The program, run as a person runs it.
enum Program {
    struct Result {
        var status: Int32
        var out: String
        var error: String
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The program that was built beside the tests.
    static let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("staleline")

    static func start(
        _ arguments: [String], in folder: URL = root, out: URL? = nil, error: URL? = nil
    ) throws -> Process {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.currentDirectoryURL = folder
        func handle(_ file: URL?) throws -> FileHandle {
            guard let file else { return FileHandle.nullDevice }
            try Data().write(to: file)
            return try FileHandle(forWritingTo: file)
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try handle(out)
        process.standardError = try handle(error)
        try process.run()
        return process
    }

    /// Runs it to its end.
    static func run(_ arguments: [String], in place: URL = root) throws -> Result {
        let folder = try Folder()
        let (out, error) = (
            folder.url.appendingPathComponent("out"), folder.url.appendingPathComponent("error")
        )
        let process = try start(arguments, in: place, out: out, error: error)
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            out: String(decoding: try Data(contentsOf: out), as: UTF8.self),
            error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
    }
}
