import Foundation
import Testing

/// A row of `exclusions.txt`: commands of a page that are not run, or not always, and why.
struct Exclusion: Sendable, CustomTestStringConvertible {
    /// When the commands are run all the same.
    enum Condition: Sendable, Equatable {
        case never
        /// With `STALELINE_DOCS=all`: `make test-docs`.
        case slow
        /// Where there is a program of that name.
        case needs(String)
    }

    var condition: Condition
    var page: String
    /// What the commands begin with; empty: all of the page.
    var beginning: String
    var reason: String

    var testDescription: String { "\(page): \(beginning.isEmpty ? "all" : beginning)" }

    /// All rows.
    ///
    /// - Throws: ``Malformed`` for a row that is not `CONDITION | PAGE | BEGINNING | REASON`.
    static func all(_ text: String) throws -> [Exclusion] {
        try text.split(separator: "\n").compactMap { line in
            if line.hasPrefix("#") { return nil }
            let cells = line.split(
                separator: "|", maxSplits: 3, omittingEmptySubsequences: false
            ).map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, !cells[1].isEmpty, !cells[2].isEmpty, !cells[3].isEmpty,
                let condition = condition(cells[0])
            else { throw Malformed(line: String(line)) }
            return Exclusion(
                condition: condition, page: cells[1],
                beginning: cells[2] == "*" ? "" : cells[2], reason: cells[3])
        }
    }

    struct Malformed: Error {
        var line: String
    }

    private static func condition(_ word: String) -> Condition? {
        switch word.split(separator: " ") {
        case ["never"]: .never
        case ["slow"]: .slow
        case let words where words.count == 2 && words[0] == "needs": .needs(String(words[1]))
        default: nil
        }
    }

    static let rows = Result { try all(Shell.text("Tests/DocumentationTests/exclusions.txt")) }

    /// Whether the row is about this command.
    func matches(_ command: Page.Command, of page: Page) -> Bool {
        // However a page aligns its comments.
        func words(_ text: String) -> String {
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return self.page == page.path && words(command.text).hasPrefix(words(beginning))
    }

    /// Whether the commands are left out on this machine, in this run.
    func isInForce(all: Bool) throws -> Bool {
        switch condition {
        case .never: true
        case .slow: !all
        case .needs(let name): try Shell.run(["-c", "command -v \(name)"]).status != 0
        }
    }
}
