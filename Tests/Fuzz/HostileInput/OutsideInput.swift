import Experiments
import Foundation
import Lessons
import Results
import Traces

@testable import StudioServer

/// What comes from other people's files and over a socket.
enum OutsideInput {
    /// The line that begins another file of a course, with its name behind it.
    private static let separator = "=== "

    /// Reads a course: files one after the other, each behind a line with its name; before the first a page.
    static func course(_ bytes: [UInt8]) throws {
        var files = ["01-input.md": [UInt8]()]
        var name = "01-input.md"
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.starts(with: separator.utf8) {
                name = String(decoding: line.dropFirst(separator.utf8.count), as: UTF8.self)
                files[name] = []
            } else {
                files[name, default: []] += line + [UInt8(ascii: "\n")]
            }
        }
        let course = try Course(CourseFiles(files))
        for lesson in course.lessons {
            try hold(
                course.lesson(lesson.name)?.name == lesson.name, "a lesson is not found by its name"
            )
            let answers = "answers/\(lesson.name).md"
            if files[answers] != nil {
                _ = try AnswerFile(answers, in: CourseFiles(files), of: lesson)
            }
        }
    }

    /// Reads the head of a request; where it ends does not depend on the pieces in which it comes.
    static func request(_ bytes: [UInt8]) throws {
        let end = HTTPHead.end(in: bytes, from: 0)
        let step = Int(bytes.first ?? 0) % 13 + 1
        var inPieces: Int?
        var start = 0
        while inPieces == nil, start < bytes.count {
            let next = min(start + step, bytes.count)
            inPieces = HTTPHead.end(in: Array(bytes[..<next]), from: start)
            start = next
        }
        try hold(inPieces == end, "in pieces the head ends elsewhere")
        guard let end, end <= HTTPHead.limit else {
            throw HTTPRefusal(431, "expected a head of at most \(HTTPHead.limit) bytes")
        }
        let request = try HTTPHead.parse(bytes[..<end])
        let length = try HTTPHead.bodyLength(
            of: request, hosts: ["127.0.0.1:8080"], limit: StudioServer.bodyLimit)
        try hold(
            (0...StudioServer.bodyLimit).contains(length), "a body of \(length) bytes is let in")
    }

    /// Reads the results of a sweep; what was read is merged into another file, and is the same there.
    static func results(_ bytes: [UInt8]) throws {
        let folder = FileManager.default.temporaryDirectory
        let stem = "staleline-hostile-\(ProcessInfo.processInfo.globallyUniqueString)"
        let path = folder.appendingPathComponent(stem + ".db").path
        let copy = folder.appendingPathComponent(stem + "-copy.db").path
        defer {
            for file in [path, copy] {
                for end in ["", "-journal", "-wal", "-shm"] { unlink(file + end) }
            }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        _ = try SweepStore.table(path)
        let points = try points(path)
        do {
            _ = try SweepStore.merge([path], to: copy)
        } catch let error as StoreFault {
            // Of several points with one number, or too few, nothing is made.
            throw error
        }
        try hold(try self.points(copy) == points, "merged, the results are others")
    }

    private static func points(_ path: String) throws -> [StoredPoint] {
        var points: [StoredPoint] = []
        try SweepStore.forEachPoint(in: path) { points.append($0) }
        return points
    }
}
