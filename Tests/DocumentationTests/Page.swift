import Foundation
import Testing

/// A page of the documentation: its fenced blocks.
///
/// Blocks of ` ```sh ` are commands, those of ` ```console ` commands after `$ ` with what they print, and both are run in
/// the order of the page. ` ```usage ` is a synopsis with words in capitals for what is to be filled in.
struct Page: Sendable, CustomTestStringConvertible {
    /// The path below the root.
    var path: String
    var blocks: [Block]
    /// What stands outside of blocks.
    var prose = ""

    var testDescription: String { path }

    /// A fenced block.
    struct Block: Sendable {
        /// The word after the fence; empty: none.
        var language: String
        /// The line of the file on which the first line of ``lines`` stands.
        var firstLine: Int
        var lines: [String]
    }

    /// A command as a reader would copy it, which may have several lines.
    struct Command: Sendable {
        var text: String
        /// Where it begins.
        var line: Int
        /// What a `console` block says that it prints; nil in a `sh` block.
        var output: [String]?

        /// The exit status that the page states, `# exit status 1` at the command's end; 0 where it states none.
        var status: Int32 {
            let pattern = #/ #.*\bexit status (\d+)/#
            let last = text.split(separator: "\n").last ?? ""
            return last.firstMatch(of: pattern).flatMap { Int32($0.1) } ?? 0
        }
    }

    init(path: String, text: String) {
        self.path = path
        blocks = []
        var open: (fence: String, block: Block)?
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            let fence = String(trimmed.prefix { $0 == "`" })
            if let (opened, block) = open {
                if trimmed == fence, fence.count >= opened.count {
                    blocks.append(block)
                    open = nil
                } else {
                    open?.block.lines.append(line)
                }
            } else if fence.count >= 3 {
                let language = trimmed.dropFirst(fence.count).prefix { !$0.isWhitespace }
                prose += "\n"
                open = (fence, Block(language: String(language), firstLine: index + 2, lines: []))
            } else {
                prose += line + "\n"
            }
        }
        if var (_, block) = open {
            block.language = "(not closed)"
            blocks.append(block)
        }
    }

    /// The commands of all `sh` and `console` blocks, in order.
    func commands() throws -> [Command] {
        try blocks.flatMap { block in
            switch block.language {
            case "sh": try Self.commands(of: block)
            case "console": Self.sessions(of: block)
            default: [Command]()
            }
        }
    }

    /// A command goes on over lines until bash takes it for a whole one.
    private static func commands(of block: Block) throws -> [Command] {
        var result: [Command] = []
        var pending: [String] = []
        var start = 0
        for (offset, line) in block.lines.enumerated() {
            if pending.isEmpty {
                let trimmed = line.trimmingCharacters(in: .whitespaces)
                if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
                start = block.firstLine + offset
            }
            pending.append(line)
            let text = pending.joined(separator: "\n")
            if try line.hasSuffix("\\") || !isWhole(text) { continue }
            result.append(Command(text: text, line: start))
            pending = []
        }
        if !pending.isEmpty {
            // Is run, and fails, as it would for a reader.
            result.append(Command(text: pending.joined(separator: "\n"), line: start))
        }
        return result
    }

    private static func isWhole(_ text: String) throws -> Bool {
        // A line that begins like a word of the shell is all that can be unfinished; the rest needs no process.
        let mayGoOn = #/<<|^\s*(?:for|while|until|if|case)\b|[{(]\s*$|'[^']*$|"[^"]*$|[|&]\s*$/#
        guard text.contains(mayGoOn.anchorsMatchLineEndings()) else { return true }
        let check = try Shell.run(["-n", "-c", text])
        return check.status == 0 && !check.errors.contains("here-document")
    }

    /// `$ ` begins a command, `> ` goes on with it, anything else is what it prints.
    private static func sessions(of block: Block) -> [Command] {
        var result: [Command] = []
        for (offset, line) in block.lines.enumerated() {
            if line.hasPrefix("$ ") {
                result.append(
                    Command(
                        text: String(line.dropFirst(2)), line: block.firstLine + offset, output: [])
                )
            } else if let last = result.indices.last {
                if line.hasPrefix("> "), result[last].output == [] {
                    result[last].text += "\n" + line.dropFirst(2)
                } else {
                    result[last].output?.append(line)
                }
            }
        }
        return result
    }

    /// Where what was printed differs from what the page shows, where a line of `…` stands for any lines, or for none.
    ///
    /// - Returns: nil: it does not differ.
    static func difference(shown: [String], printed: String) -> String? {
        var lines = printed.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)[...]
        if lines.last == "" { lines.removeLast() }
        var shown = shown
        while shown.last == "" { shown.removeLast() }
        var mayPass = false
        for expected in shown {
            if expected == "…" {
                mayPass = true
                continue
            }
            if mayPass, let next = lines.firstIndex(of: expected) { lines = lines[next...] }
            mayPass = false
            let line = lines.popFirst()
            if line != expected {
                return "shows “\(expected)”, printed was \(line.map { "“\($0)”" } ?? "nothing")"
            }
        }
        if lines.isEmpty || mayPass { return nil }
        return "does not show “\(lines.joined(separator: "\n"))”"
    }
}
