import Foundation
import Machines

/// The files that come with the program: machines and bundled traces.
enum Resources {
    /// The folder that holds `configs/` and `Traces/`.
    ///
    /// `STALELINE_HOME`, else a folder above the program (a checkout), else `../share/staleline` beside it.
    static func home() throws -> URL {
        let files = FileManager.default
        func isHome(_ url: URL) -> Bool {
            files.fileExists(atPath: url.appendingPathComponent("configs/zynq7000.yaml").path)
        }
        if let given = ProcessInfo.processInfo.environment["STALELINE_HOME"] {
            let url = URL(fileURLWithPath: given)
            guard isHome(url) else {
                throw BadInput(
                    "STALELINE_HOME=\(given): expected a folder with configs/zynq7000.yaml in it")
            }
            return url
        }
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var folder = program.deletingLastPathComponent()
        let shared = folder.appendingPathComponent("../share/staleline").standardizedFileURL
        if isHome(shared) { return shared }
        while folder.path != "/" {
            if isHome(folder) { return folder }
            folder.deleteLastPathComponent()
        }
        throw BadInput(
            "the machines that come with staleline were not found above \(program.path) nor in \(shared.path); "
                + "set STALELINE_HOME to the folder that holds configs/")
    }

    /// All machines that come with the program.
    static func catalogue() throws -> MachineCatalogue {
        let folder = try home().appendingPathComponent("configs")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".yaml") }.sorted()
        return MachineCatalogue(
            try names.map { name in
                (name, try text(of: folder.appendingPathComponent(name).path))
            })
    }

    /// A machine by name, or from a file if the name has a slash or ends in `.yaml`.
    static func machine(
        _ name: String, overrides: [(key: String, value: String)] = []
    ) throws -> MachineDescription {
        let (file, yaml) = try machineFile(name)
        return try MachineDescription.parse(yaml: yaml, file: file, overrides: overrides)
    }

    /// The name and the text of a machine's file, by its name or path.
    static func machineFile(_ name: String) throws -> (file: String, yaml: String) {
        if name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            return (name, try text(of: name))
        }
        let entry = try catalogue().find(name)
        return (entry.file, entry.text)
    }

    /// A text file's contents.
    static func text(of path: String) throws -> String {
        try BoundedFile.text(of: path, expected: "a machine description")
    }
}

/// Short files, which are read whole.
enum BoundedFile {
    /// The most bytes of one.
    static let limit = 1 << 20

    /// A file's text; `-` is standard input.
    ///
    /// - Throws: ``BadInput`` if it cannot be read, is too long or no UTF-8; more than ``limit`` is never held.
    static func text(of path: String, expected: String) throws -> String {
        let bytes: [UInt8]
        let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
        guard let handle else { throw BadInput("\(path): \(String(cString: strerror(errno)))") }
        do {
            bytes = [UInt8](try handle.read(upToCount: limit + 1) ?? Data())
        } catch {
            throw BadInput("\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        guard bytes.count <= limit else {
            throw BadInput("\(path): larger than \(limit >> 20) MiB, expected \(expected)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BadInput("\(path): not UTF-8 text, expected \(expected)")
        }
        return text
    }
}

/// Something wrong with what the user gave.
struct BadInput: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
