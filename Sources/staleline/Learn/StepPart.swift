import Experiments
import Lessons
import Reports
import Stepping
import Traces

/// A trace, step by step.
struct StepPart: ScreenPart {
    let context: LearnContext
    let lesson: Lesson
    /// The question that the trace answers; nil: none.
    let question: Int?
    /// The trace as the lesson has it.
    let original: LessonTrace
    /// The trace as it is now.
    let trace: LessonTrace
    /// nil: the one that the trace names.
    let machine: String?
    var session: TraceSession
    var unit = TraceSession.Unit.statement
    var scrolled = Scrolled()
    /// The byte that is watched.
    var watched: UInt64?
    var hints = 0
    /// What there is to say.
    var message: String
    /// The lines that the last move changed.
    var changed: Set<UInt64> = []

    /// Begins with a lesson's trace, or with a question's.
    init(_ context: LearnContext, lesson: Lesson, question: Int?) throws {
        let asked = question.map { lesson.questions[$0 - 1] }
        try self.init(
            context, lesson: lesson, question: question, trace: asked?.trace ?? lesson.trace,
            original: asked?.trace ?? lesson.trace, machine: nil, message: "")
    }

    init(
        _ context: LearnContext, lesson: Lesson, question: Int?, trace: LessonTrace,
        original: LessonTrace, machine: String?, message: String
    ) throws {
        self.context = context
        self.lesson = lesson
        self.question = question
        self.trace = trace
        self.original = original
        self.machine = machine
        self.message = message
        session = try TraceSession(
            context.machines.setup(trace, machine: machine),
            source: String(decoding: trace.bytes, as: UTF8.self))
    }

    /// The same with another trace or machine, at the start.
    func changed(
        trace: LessonTrace? = nil, machine: String?, message: String
    ) throws -> StepPart {
        var part = try StepPart(
            context, lesson: lesson, question: question, trace: trace ?? self.trace,
            original: original, machine: machine, message: message)
        part.unit = unit
        part.hints = hints
        part.watched = watched
        return part
    }

    var help: String {
        // What a question needs comes first: 40 columns have room for it.
        question == nil
            ? "left/right: step  f: finding  w: watch  e: edit  x: break  m: machine  ?: keys"
            : "a: hand in  e: edit  h: hint  ?: keys  left/right: step  f: finding"
    }

    // MARK: Drawing

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] {
        let view = session.view
        let isChanged = trace == original ? "" : ", changed"
        let title =
            "\(trace.file)\(isChanged) on \(session.setup.machine.name), step \(view.position) of "
            + "\(view.count)" + (unit == .operation ? ", by operations" : "")
        let room = size.rows - 3
        let shown = min(trace.lines.count, max(4, room * 2 / 5))
        var lines = [ScreenLine(title, .title)]
        lines += listing(view, rows: shown)
        lines.append(ScreenLine(rule(view, width: size.columns), .faint))
        let copies = pictures(view, width: size.columns)
        lines += scrolled.window(copies, rows: room - shown)
        while lines.count < size.rows - 1 { lines.append(ScreenLine("")) }
        lines.append(verdict(view))
        return lines
    }

    /// The trace around where one stands: `>` is what comes next, `!` where something was found.
    private func listing(_ view: SessionView, rows: Int) -> [ScreenLine] {
        let next = view.next?.line ?? 0
        let place = next > 0 ? next : view.last?.line ?? 1
        let top = max(0, min(place - rows / 2 - 1, trace.lines.count - rows))
        let wrong = Set(view.findings.map(\.line))
        return (top..<min(top + rows, trace.lines.count)).map { index in
            let line = index + 1
            let number = String(line)
            let mark = wrong.contains(line) ? "!" : " "
            let text =
                "\(line == next ? ">" : " ")\(mark)"
                + String(repeating: " ", count: max(0, 3 - number.count)) + "\(number)  "
                + trace.lines[index]
            return ScreenLine(
                text, line == next ? .current : wrong.contains(line) ? .wrong : .plain)
        }
    }

    private func rule(_ view: SessionView, width: Int) -> String {
        var words = "-- every copy"
        if let last = view.last, let operation = last.operation, unit == .operation {
            words += " after \(operation)"
        } else if let last = view.last, last.line > 0 {
            words += " after line \(last.line)"
        }
        words += ", at \(Int(view.nanoseconds.rounded())) ns "
        return words + String(repeating: "-", count: max(0, width - words.count))
    }

    /// The lines of memory: the watched one, those that have just changed, the others.
    private func pictures(_ view: SessionView, width: Int) -> [ScreenLine] {
        var result: [ScreenLine] = []
        let size = UInt64(view.lineSize)
        let watchedLine = watched.map { $0 / size * size }
        func rank(_ line: SessionView.Line) -> Int {
            line.address == watchedLine ? 0 : changed.contains(line.address) ? 1 : 2
        }
        let shown = view.lines.filter { $0.isWorthTelling || $0.address == watchedLine }
        for line in shown.sorted(by: { (rank($0), $0.address) < (rank($1), $1.address) }) {
            let mark =
                line.address == watchedLine
                ? "watched" : changed.contains(line.address) ? "changed" : "now"
            for (place, row) in LinePicture.rows(of: line, in: view, after: mark).enumerated() {
                let isStale = place > 0 && row.contains("STALE")
                result.append(ScreenLine(row, place == 0 ? .title : isStale ? .wrong : .plain))
            }
        }
        for device in view.devices where device.finished > 0 || !device.work.isEmpty {
            result += Format.lines(device.text, width: width).map { ScreenLine($0) }
        }
        for mapping in view.mappings {
            result += Format.lines(mapping.text, width: width).map { ScreenLine($0) }
        }
        return result.isEmpty ? [ScreenLine("Nothing has been touched yet.")] : result
    }

    private func verdict(_ view: SessionView) -> ScreenLine {
        if !message.isEmpty { return ScreenLine(message, .title) }
        if let found = view.findings.last {
            return ScreenLine(
                "! line \(found.line), \(found.verdict) \(found.code) (i: more): \(FindingTitle.of(found.code))",
                .wrong)
        }
        let left = session.findings.count
        return ScreenLine(
            left == 0
                ? "Nothing goes wrong in this trace."
                : "Nothing so far; f goes to what goes wrong.",
            left == 0 ? .right : .plain)
    }
}
