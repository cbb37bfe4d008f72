import Foundation
import Lessons
import Machines
import MemoryModel
import Testing
import Traces

/// The course that comes with the program, and the machines.
enum BundledCourse {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The files of a folder, with those of its `answers/`.
    static func files(_ folder: String = "Lessons") throws -> CourseFiles {
        let home = root.appendingPathComponent(folder)
        var files: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: home.path)?.allObjects ?? [] {
            guard let name = name as? String, name.hasSuffix(".md") || name.hasSuffix(".slt")
            else { continue }
            files[name] = Array(try Data(contentsOf: home.appendingPathComponent(name)))
        }
        return CourseFiles(files)
    }

    static let machines = MachineSource { name, overrides in
        let file = "configs/\(name).yaml"
        let text = try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
        return try MachineDescription.parse(yaml: text, file: file, overrides: overrides)
            .configuration
    }
}

@Suite("The bundled course")
struct CourseTests {
    @Test("It holds what it says: blocks, breaks, questions, answers")
    func check() throws {
        let check = CourseCheck(try BundledCourse.files(), machines: BundledCourse.machines)
        for error in check.errors { Issue.record("\(error)") }
        #expect(check.lessons >= 14)
    }
}
