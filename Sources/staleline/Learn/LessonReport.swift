import Foundation
import Lessons
import Reports
import Stepping
import Traces

/// A lesson in lines of text, one after the other: for pipes and screen readers.
struct LessonReport {
    let lesson: Lesson
    let renderer: BlockRenderer
    let machines: MachineSource

    init(_ lesson: Lesson, folder: CourseFolder, machines: MachineSource) {
        self.lesson = lesson
        self.machines = machines
        renderer = BlockRenderer(lesson, files: folder.files, machines: machines)
    }

    /// The page, and what can be done next.
    func page() throws -> String {
        var text = try LessonPage(lesson, renderer: renderer).text
        text += "\nWhat you can do next:\n"
        let name = lesson.name
        text += "- staleline learn \(name) --walk: the trace step by step\n"
        for label in lesson.breaks.map(LessonTrace.name) {
            text += "- staleline learn \(name) --break \(label): take that line out\n"
        }
        for (place, question) in lesson.questions.enumerated() {
            let asked = "staleline learn \(name) --question \(place + 1)"
            if question.kind.isTrace {
                text += "- \(asked) --trace > answer.slt, change it, then\n"
                text += "  \(asked) --answer answer.slt\n"
            } else {
                let answer = question.kind == .predict ? "NUMBER" : "NAME"
                text += "- \(asked) --trace: what is asked about, then\n"
                text += "  echo \(answer) | \(asked) --answer -\n"
            }
        }
        return text
    }

    /// What goes wrong without a line.
    func broken(_ place: String) throws -> String {
        let broken = try BrokenTrace(lesson, without: place, machines: machines)
        var text = "Without '\(broken.statement)':\n"
        for line in BlockRenderer.findings(broken.result) { text += "  \(line)\n" }
        if let finding = broken.result.judgement.findings.first {
            let setup = broken.result.setup
            for reason in [finding.detail, finding.cause] where !reason.isEmpty {
                text += Self.wrapped(setup.inLines(reason))
            }
        }
        return text
    }

    /// The trace step by step: each statement, and every copy of each line that it changes.
    func walk() throws -> String {
        var session = try TraceSession(
            machines.setup(lesson.trace),
            source: String(decoding: lesson.trace.bytes, as: UTF8.self))
        var text = "\(lesson.trace.file) on \(session.setup.machine.name), statement by statement\n"
        var before = session.view
        while session.position < session.count {
            session.stepForward()
            let view = session.view
            text += "\n" + Self.head(before.position..<view.position, of: session)
            let known = Dictionary(uniqueKeysWithValues: before.lines.map { ($0.address, $0) })
            for line in view.lines where line.isWorthTelling && known[line.address] != line {
                text += LinePicture.rows(of: line, in: view, after: "now").map { "  \($0)\n" }
                    .joined()
            }
            for device in view.devices where !before.devices.contains(device) {
                text += "  \(device.text)\n"
            }
            for finding in view.findings.dropFirst(before.findings.count) {
                text += Self.wrapped("Found: \(finding.text)")
            }
            before = view
        }
        return text
    }
}

extension LessonReport {
    /// Paragraphs as they stand below a statement.
    private static func wrapped(_ text: String) -> String {
        text.split(separator: "\n").flatMap { Format.lines(String($0), width: 76) }
            .map { "  \($0)\n" }.joined()
    }

    /// The most operations of a statement that are named.
    private static let named = 6

    /// A statement, and what the machine performs for it where that is more than it says.
    private static func head(_ steps: Range<Int>, of session: TraceSession) -> String {
        guard let first = steps.first else { return "" }
        let moment = session.moment(first)
        guard moment.record > 0 else { return "At \(moment.text)\n" }
        let agent = moment.text.hasPrefix(moment.agent) ? "" : "\(moment.agent): "
        var text = "Line \(moment.line), \(agent)\(moment.text)\n"
        let operations = steps.compactMap { session.moment($0).operation }
        guard operations.count > 1 else { return text }
        let rest = operations.count - named
        text += "  performed as " + operations.prefix(named).joined(separator: ", ")
        return text + (rest > 0 ? " and \(rest) more\n" : "\n")
    }
}
