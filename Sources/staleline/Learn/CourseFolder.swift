import Foundation
import Glibc
import Lessons
import Traces

/// A course in a folder.
struct CourseFolder {
    /// The folder.
    let path: String
    /// Its pages, traces and answers.
    let files: CourseFiles

    /// The most bytes of a file of a course.
    private static let fileLimit = 1 << 20
    /// The most files of a course.
    private static let countLimit = 2_000

    /// The course that comes with the program.
    static func bundled() throws -> CourseFolder {
        try CourseFolder(Resources.home().appendingPathComponent("Traces/lessons").path)
    }

    /// Reads a folder: `*.md` and `*.slt` in it, and `answers/*.md`.
    ///
    /// - Throws: ``BadInput`` if it or one of its files cannot be read.
    init(_ path: String) throws {
        self.path = path
        var files: [String: [UInt8]] = [:]
        for folder in ["", "answers/"] {
            let place = folder.isEmpty ? path : "\(path)/answers"
            var status = stat()
            guard stat(place, &status) == 0 else {
                if folder.isEmpty {
                    throw BadInput("\(path): \(String(cString: strerror(errno)))")
                }
                continue
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw BadInput("\(place): is no folder, expected one with pages and traces")
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: place).sorted()
            where name.hasSuffix(".md") || folder.isEmpty && name.hasSuffix(".slt") {
                files[folder + name] = try Self.contents("\(place)/\(name)")
            }
        }
        guard files.count <= Self.countLimit else {
            throw BadInput("\(path): \(files.count) files, expected at most \(Self.countLimit)")
        }
        self.files = CourseFiles(files)
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        try ByteSource(path: path).readAll(limit: fileLimit)
    }

    /// Where machines come from.
    static var machines: MachineSource {
        MachineSource { name, overrides in
            try Resources.machine(name, overrides: overrides).configuration
        }
    }
}
