import Hazards
import Lessons
import Stepping
import Traces

extension StepPart {
    mutating func take(_ key: Key, _ size: Terminal.Size) throws -> ScreenMove {
        message = ""
        switch key {
        case .right, .character(" "), .character("n"): move(to: session.next(unit))
        case .left, .character("p"): move(to: session.previous(unit))
        case .home, .character("0"): move(to: 0)
        case .end, .character("$"): move(to: session.count)
        case .character("f"):
            if let place = session.nextFinding {
                move(to: place)
            } else {
                message = "No finding further on."
            }
        case .character("F"):
            if let place = session.previousFinding {
                move(to: place)
            } else {
                message = "No finding before."
            }
        case .character("o"): unit = unit == .statement ? .operation : .statement
        case .up, .character("k"): scrolled.top -= 1
        case .down, .character("j"): scrolled.top += 1
        case .pageUp: scrolled.top -= size.rows / 2
        case .pageDown: scrolled.top += size.rows / 2
        case .character("q"), .escape: return .back
        case .character(let character): return try command(character)
        default: break
        }
        return .stay
    }

    private mutating func move(to position: Int) {
        let before = session.view.lines
        session.move(to: position)
        changed = Set(session.view.lines.filter { !before.contains($0) }.map(\.address))
        scrolled.top = 0
    }

    private mutating func command(_ character: Character) throws -> ScreenMove {
        switch character {
        case "w": return watched == nil ? askForByte() : .open(life())
        case "W": return askForByte()
        case "m": return askForMachine()
        case "e": return edit(trace.bytes)
        case "x": return askForLine()
        case "r":
            return .become(
                try changed(trace: original, machine: nil, message: "The trace as it was."))
        case "h": return hint()
        case "a": return handIn()
        case "i": return finding()
        case "t": return .open(TextPart("The state in words", session.view.text(allLines: true)))
        case "?": return .open(TextPart("Keys", KeyPage.text))
        default: return .stay
        }
    }

    // MARK: Watching

    private func askForByte() -> ScreenMove {
        let part = self
        let names = session.setup.program.symbols.entries.filter {
            $0.size > 0 && $0.kind != .device
        }
        .map(\.name).prefix(3).joined(separator: ", ")
        return .ask("Watch which byte? (\(names); as rx+4)") { text in
            var watching = part
            watching.watched = try BlockRenderer.address(text, in: part.session.setup)
            watching.message = "Watching \(text): w shows its life."
            return watching
        }
    }

    private func life() -> TextPart {
        let life = session.biography(of: watched ?? 0)
        guard !life.entries.isEmpty else {
            return TextPart(
                "The life of \(life.name) up to here", "Nothing has happened to it yet.")
        }
        let versions = life.versions.map { version in
            guard version.number > 0 else { return "version 0: as before the trace" }
            let value = version.value.map { " = 0x" + String($0, radix: 16) } ?? ""
            return "version \(version.number): \(version.writer), line \(version.line)\(value)"
        }
        return TextPart(
            "The life of \(life.name) up to here",
            life.text + "\nIts versions:\n" + versions.joined(separator: "\n"))
    }

    // MARK: Changing

    private func askForMachine() -> ScreenMove {
        let part = self
        return .ask("Which machine? (as rpi3 or zynq7000; nothing: the trace's own)") { text in
            try part.changed(machine: text.isEmpty ? nil : text, message: "Another machine.")
        }
    }

    /// Lets the trace be changed, from a text that it is or that it might have become.
    func edit(_ bytes: [UInt8]) -> ScreenMove {
        let part = self
        return .edit(bytes) { edited in
            do {
                let trace = try LessonTrace(edited, file: part.trace.file)
                return try part.changed(
                    trace: trace, machine: part.machine, message: "The trace was run anew.")
            } catch {
                return DraftPart(edited, "\(error)", of: part)
            }
        }
    }

    private func askForLine() -> ScreenMove {
        let part = self
        let names = question == nil ? lesson.breaks.map(LessonTrace.name) : []
        let words =
            names.isEmpty ? "a name in brackets, or a line's number" : names.joined(separator: ", ")
        return .ask("Take out which line? (\(words))") { text in
            let line = try part.trace.line(of: text)
            let statement = part.trace.statement(of: line)
            let broken = try part.changed(
                trace: part.trace.without([text]), machine: part.machine, message: "")
            var shown = broken
            let count = broken.session.findings.count
            shown.message =
                "Without '\(statement)': "
                + (count == 0
                    ? "nothing goes wrong."
                    : "\(count) finding\(count == 1 ? "" : "s"); f goes there.")
            return shown
        }
    }

    // MARK: Questions

    private mutating func hint() -> ScreenMove {
        guard let question else {
            message = "Hints belong to questions."
            return .stay
        }
        let all = lesson.questions[question - 1].hints
        hints = min(hints + 1, all.count)
        return .open(
            TextPart("Hints", all.prefix(hints).map { "- \($0)" }.joined(separator: "\n\n")))
    }

    private mutating func handIn() -> ScreenMove {
        guard let question else {
            message = "This is no question's trace; open one from the page by its number."
            return .stay
        }
        let asked = lesson.questions[question - 1]
        guard asked.kind.isTrace else {
            return .ask("Your answer:") { [context] text in
                GradePart.part(
                    try context.grader.grade(Array(text.utf8), file: "answer", to: asked))
            }
        }
        return .work("Grading") { [context, trace] in
            GradePart.part(
                try context.grader.grade(trace.bytes, file: trace.file, to: asked))
        }
    }

    private mutating func finding() -> ScreenMove {
        guard let found = session.view.findings.last else {
            message = "Nothing was found so far."
            return .stay
        }
        let setup = session.setup
        let parts = [found.detail, found.cause, found.mend].map { setup.inLines($0) }
        return .open(
            TextPart(
                "Line \(found.line), \(found.verdict) \(found.code): \(FindingTitle.of(found.code))",
                "What: \(parts[0])\n\nWhy: \(parts[1])"
                    + (question == nil ? "\n\nWhat mends it: \(parts[2])" : ""), .wrong))
    }
}

/// The title of a hazard.
enum FindingTitle {
    static func of(_ code: String) -> String {
        HazardCode(rawValue: code).map { HazardCatalogue.page($0).title } ?? code
    }
}

/// A changed trace that cannot be run: what is wrong with it, and another go.
struct DraftPart: ScreenPart {
    private let draft: [UInt8]
    private let part: StepPart
    private var text: TextPart

    init(_ draft: [UInt8], _ fault: String, of part: StepPart) {
        self.draft = draft
        self.part = part
        text = TextPart("The trace cannot be run", fault, .wrong)
    }

    var help: String { "e: edit again   q or Esc: as it was before" }

    mutating func lines(_ size: Terminal.Size) -> [ScreenLine] { text.lines(size) }

    mutating func take(_ key: Key, _ size: Terminal.Size) -> ScreenMove {
        key == .character("e") ? part.edit(draft) : text.take(key, size)
    }
}
