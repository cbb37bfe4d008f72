import Foundation
import Glibc
import Lessons
import Traces

/// The course on the whole screen.
struct LearnScreen {
    private let course: Course
    private let folder: CourseFolder
    private let lesson: String?

    /// The least that there must be room for.
    private static let least = Terminal.Size(columns: 40, rows: 10)

    init(_ course: Course, _ folder: CourseFolder, lesson: String?) {
        self.course = course
        self.folder = folder
        self.lesson = lesson
    }

    /// Runs until the user goes.
    func run() throws {
        let context = LearnContext(course: course, folder: folder)
        var parts: [any ScreenPart] = [MenuPart(context)]
        if let lesson, let place = course.lessons.firstIndex(where: { $0.name == lesson }) {
            parts.append(try PagePart(context, lesson: place))
        }
        let terminal = try Terminal()
        var keyboard = Keyboard()
        while !parts.isEmpty {
            if keyboard.isIdle { draw(&parts, terminal.size, prompt: nil) }
            switch keyboard.next(terminal) {
            case .redraw: continue
            case .end: return
            case .key(let key):
                let place = parts.count - 1
                do {
                    let move = try parts[place].take(key, terminal.size)
                    try go(move, &parts, &keyboard, terminal)
                } catch {
                    parts.append(TextPart("That did not work", "\(error)", .wrong))
                }
            }
        }
    }

    private func go(
        _ move: ScreenMove, _ parts: inout [any ScreenPart], _ keyboard: inout Keyboard,
        _ terminal: borrowing Terminal
    ) throws {
        switch move {
        case .stay: return
        case .open(let part): parts.append(part)
        case .become(let part): parts[parts.count - 1] = part
        case .back: parts.removeLast()
        case .quit: parts = []
        case .ask(let question, let then):
            guard let answer = ask(question, &parts, &keyboard, terminal) else { return }
            draw(&parts, terminal.size, prompt: "\(question) \(answer) …")
            if let part = try then(answer) { Self.show(part, &parts) }
        case .edit(let bytes, let then):
            terminal.giveBackForNow()
            let edited = Result { try Editor.edit(bytes) }
            terminal.take()
            if let part = try then(edited.get()) { Self.show(part, &parts) }
        case .work(let words, let then):
            draw(&parts, terminal.size, prompt: words + " …")
            Self.show(try then(), &parts)
        }
    }

    /// Shows a part; a trace takes the place of the one that it was changed from, and so does a draft.
    private static func show(_ part: any ScreenPart, _ parts: inout [any ScreenPart]) {
        if parts.last is DraftPart { parts.removeLast() }
        if part is StepPart, parts.last is StepPart { parts.removeLast() }
        parts.append(part)
    }

    /// Lets the user type a line; nil: no.
    private func ask(
        _ question: String, _ parts: inout [any ScreenPart], _ keyboard: inout Keyboard,
        _ terminal: borrowing Terminal
    ) -> String? {
        var text = ""
        while true {
            if keyboard.isIdle { draw(&parts, terminal.size, prompt: "\(question) \(text)_") }
            switch keyboard.next(terminal) {
            case .redraw: continue
            case .end:
                parts = []
                return nil
            case .key(.character(let character)): text.append(character)
            case .key(.backspace): if !text.isEmpty { text.removeLast() }
            case .key(.enter): return text
            case .key(.escape): return nil
            case .key: continue
            }
        }
    }

    // MARK: Drawing

    private func draw(_ parts: inout [any ScreenPart], _ size: Terminal.Size, prompt: String?) {
        guard !parts.isEmpty else { return }
        guard size.columns >= Self.least.columns, size.rows >= Self.least.rows else {
            let words = "\(Self.least.columns) columns and \(Self.least.rows) rows are needed."
            Terminal.write("\u{1B}[H\u{1B}[2J" + String(words.prefix(size.columns)))
            return
        }
        let place = parts.count - 1
        let room = Terminal.Size(columns: size.columns, rows: size.rows - 1)
        var lines = Array(parts[place].lines(room).prefix(room.rows))
        while lines.count < room.rows { lines.append(ScreenLine("")) }
        lines.append(
            prompt.map { ScreenLine($0, .current) } ?? ScreenLine(parts[place].help, .faint))
        let hasColours = Output.hasColours
        let rows = lines.map {
            $0.painted(width: size.columns, hasColours: hasColours) + "\u{1B}[K"
        }
        Terminal.write("\u{1B}[H" + rows.joined(separator: "\r\n") + "\u{1B}[J")
    }
}

/// The keys that were pressed, one by one: what is typed ahead is for whoever asks next.
private struct Keyboard {
    /// What comes next.
    enum Event {
        case key(Key)
        /// The screen is to be drawn anew.
        case redraw
        /// The terminal is gone.
        case end
    }

    private var pending: [Key] = []

    /// Whether nothing is typed ahead.
    var isIdle: Bool { pending.isEmpty }

    /// Waits for a key.
    mutating func next(_ terminal: borrowing Terminal) -> Event {
        while pending.isEmpty {
            switch terminal.input() {
            case .none, .redraw: return .redraw
            case .end: return .end
            case .bytes(var bytes):
                // The rest of a key's sequence may come a moment later.
                while bytes.last == 0x1B || bytes.suffix(2) == [0x1B, 0x5B],
                    case .bytes(let more) = terminal.input(within: 40)
                {
                    bytes += more
                }
                pending = Key.keys(in: bytes)
            }
        }
        return .key(pending.removeFirst())
    }
}

/// What all parts of the screen share.
struct LearnContext {
    let course: Course
    let folder: CourseFolder

    var machines: MachineSource { CourseFolder.machines }
    var grader: Grader { Grader(machines: machines) }
}
