/// The text of a trace, line by line, so that it can be changed without losing its comments or its layout.
public struct TraceText: Hashable, Sendable {
    /// One line.
    public struct Line: Hashable, Sendable {
        /// Without its end.
        public var text: String
        /// Its number in the file, from 1, while it stands where it stood; nil: it is new, or was moved.
        public var origin: Int?
        /// Its number in the file, from 1, whether it was moved or changed; nil: it is new.
        public var source: Int?
    }

    /// The lines from the first on.
    public private(set) var lines: [Line]
    /// Whether lines end with CR and LF.
    private let hasReturns: Bool

    /// Takes a file's contents apart.
    public init(_ bytes: [UInt8]) {
        var parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        hasReturns = parts.first?.last == 0x0D
        lines = parts.enumerated().map { place, part in
            let text = part.last == 0x0D ? part.dropLast() : part
            return Line(
                text: String(decoding: text, as: UTF8.self), origin: place + 1, source: place + 1)
        }
    }

    /// The file's contents.
    public var bytes: [UInt8] {
        lines.flatMap { Array($0.text.utf8) + (hasReturns ? [0x0D, 0x0A] : [0x0A]) }
    }

    /// The blanks that a line starts with.
    func indent(of line: Int) -> String {
        String(lines[line].text.prefix { $0 == " " || $0 == "\t" })
    }

    /// What a line says, without its comment and the blanks around it.
    public func words(of line: Int) -> String {
        Self.trimmed(lines[line].text.prefix { $0 != "#" })
    }

    /// What a line says, without its annotations either.
    public func statement(of line: Int) -> String {
        Self.trimmed(lines[line].text.prefix { $0 != "#" && $0 != "@" })
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    /// A line with other words, but with its agent, its annotations and its comment, which stays in its column if it can.
    ///
    /// - Parameters:
    ///   - line: From 0.
    ///   - words: What is said instead, without an agent.
    ///   - isOperation: Whether an agent may stand before it, and annotations after it.
    /// - Returns: the line.
    func replacing(_ line: Int, with words: String, isOperation: Bool) -> String {
        let text = lines[line].text
        let code = text.prefix { $0 != "#" }
        let comment = text[code.endIndex...]
        var head = indent(of: line)
        var tail = ""
        if isOperation {
            let old = self.words(of: line)
            let first = old.prefix { $0 != "@" }
            // Only an agent has a colon among the words of an operation.
            if let colon = first.firstIndex(of: ":") { head += "\(old[...colon]) " }
            if first.endIndex != old.endIndex { tail = " " + old[first.endIndex...] }
        }
        let said = head + words + tail
        guard !comment.isEmpty else { return said }
        let gap = max(1, code.count - said.count)
        return said + String(repeating: " ", count: gap) + comment
    }
}

// MARK: Changes

extension TraceText {
    /// One change of the text; lines count from 0, and all changes of an edit are of the text as it was.
    enum Change: Hashable, Sendable {
        /// New lines before a line, or at the end.
        case insert([String], before: Int)
        /// Another text for a line.
        case replace(Int, String)
        /// A line goes.
        case remove(Int)
        /// A line goes to before another, or to the end.
        case move(Int, before: Int)
    }

    /// The line of the file at which the first of some changes is made; 0: behind all.
    func line(of changes: [Change]) -> Int {
        let places = changes.map { change in
            switch change {
            case .insert(_, let place), .replace(let place, _), .remove(let place),
                .move(let place, _):
                place
            }
        }
        return lines[min(places.min() ?? 0, lines.count)...].lazy.compactMap(\.source).first ?? 0
    }

    /// The text with changes made.
    func changed(by changes: [Change]) -> TraceText {
        var added: [Int: [Line]] = [:]
        var replaced: [Int: String] = [:]
        var gone: Set<Int> = []
        for change in changes {
            switch change {
            case .insert(let texts, let place):
                added[place, default: []] += texts.map { Line(text: $0, origin: nil, source: nil) }
            case .replace(let line, let text): replaced[line] = text
            case .remove(let line): gone.insert(line)
            case .move(let line, let place):
                gone.insert(line)
                added[place, default: []].append(
                    Line(text: lines[line].text, origin: nil, source: lines[line].source))
            }
        }
        var result = self
        result.lines = []
        for (place, line) in lines.enumerated() {
            result.lines += added[place] ?? []
            guard !gone.contains(place) else { continue }
            var line = line
            if let text = replaced[place] { line.text = text }
            result.lines.append(line)
        }
        result.lines += added[lines.count] ?? []
        return result
    }

    /// How the file has to be changed to become this one, as a unified diff; empty: not at all.
    ///
    /// - Parameters:
    ///   - original: The file as it was.
    ///   - name: Its name.
    /// - Returns: the diff.
    /// - Complexity: O(*n*) in the number of lines.
    public func patch(from original: TraceText, named name: String) -> String {
        var steps: [PatchStep] = []
        var next = 0
        for line in lines {
            guard let origin = line.origin else {
                steps.append(PatchStep(sign: "+", text: line.text))
                continue
            }
            while next < origin - 1 {
                steps.append(PatchStep(sign: "-", text: original.lines[next].text))
                next += 1
            }
            let old = original.lines[next].text
            next += 1
            if old == line.text {
                steps.append(PatchStep(sign: " ", text: old))
            } else {
                steps.append(PatchStep(sign: "-", text: old))
                steps.append(PatchStep(sign: "+", text: line.text))
            }
        }
        steps += original.lines[next...].map { PatchStep(sign: "-", text: $0.text) }
        let body = Self.hunks(steps)
        let path = name.drop { $0 == "/" }
        return body.isEmpty ? "" : "--- a/\(path)\n+++ b/\(path)\n" + body
    }

    private struct PatchStep {
        var sign: Character
        var text: String
    }

    /// Lines around a change that a patch shows.
    private static let context = 3

    private static func hunks(_ steps: [PatchStep]) -> String {
        var out = ""
        var (old, new) = (1, 1)
        var place = 0
        while place < steps.count {
            guard let first = steps[place...].firstIndex(where: { $0.sign != " " }) else { break }
            let start = max(place, first - context)
            (old, new) = (old + start - place, new + start - place)
            var end = first
            // Changes whose surroundings touch are one hunk.
            while let more = steps[end...].prefix(2 * context + 1)
                .lastIndex(where: { $0.sign != " " })
            {
                end = more + 1
            }
            let stop = min(steps.count, end + context)
            let part = steps[start..<stop]
            let (removed, added) = (
                part.count { $0.sign != "+" }, part.count { $0.sign != "-" }
            )
            out += "@@ -\(old),\(removed) +\(new),\(added) @@\n"
            out += part.map { "\($0.sign)\($0.text)\n" }.joined()
            (old, new, place) = (old + removed, new + added, stop)
        }
        return out
    }
}
