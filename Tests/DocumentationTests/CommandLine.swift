import Foundation

/// The subcommands of the program and their options, as its parser tells them.
struct CommandLine: Sendable {
    /// A command, `sweep report` say; its options with their dashes.
    struct Command: Sendable {
        var name: String
        var options: Set<String>
        /// What its help says of `--json`; nil: there is none.
        var json: String?
        var abstract: String
        var discussion: String
        var isDefault: Bool
    }

    var commands: [Command]

    static let program = Result { try CommandLine() }

    /// Asks the program.
    init() throws {
        struct Help: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            struct Argument: Decodable {
                var names: [Name]?
                var abstract: String?
            }
            struct Command: Decodable {
                var commandName: String
                var abstract: String?
                var discussion: String?
                var arguments: [Argument]?
                var subcommands: [Command]?
                var defaultSubcommand: String?
            }
            var command: Command
        }
        let dump = try Shell.run(["-c", "staleline --experimental-dump-help"])
        let help = try JSONDecoder().decode(Help.self, from: Data(dump.output.utf8))
        commands = []
        func add(_ command: Help.Command, below path: [String], isDefault: Bool) {
            let path = path + [command.commandName]
            let names = (command.arguments ?? []).flatMap { $0.names ?? [] }
            let json = command.arguments?.first { $0.names?.contains { $0.name == "json" } == true }
            commands.append(
                Command(
                    name: path.joined(separator: " "),
                    options: Set(names.map { ($0.kind == "short" ? "-" : "--") + $0.name }),
                    json: json.map { $0.abstract ?? "" }, abstract: command.abstract ?? "",
                    discussion: command.discussion ?? "",
                    isDefault: isDefault))
            for next in command.subcommands ?? [] {
                add(next, below: path, isDefault: next.commandName == command.defaultSubcommand)
            }
        }
        add(help.command, below: [], isDefault: false)
    }

    /// What a command line names that there is not; `words` begin with `staleline`.
    func unknown(in words: [String]) -> [String] {
        // What stands behind a bare `--` belongs to another program.
        let words = Array(words.prefix { $0 != "--" })
        guard words.count > 1, words[1].contains(#/^[a-z][a-z-]*$/#), words[1] != "help" else {
            return []
        }
        let known = commands.filter { command in
            let path = command.name.split(separator: " ").map(String.init)
            return words.starts(with: path) && path.count > 1
        }
        guard let command = known.max(by: { $0.name.count < $1.name.count }) else {
            return [words[1]]
        }
        let defaults = commands.filter { $0.isDefault && $0.name.hasPrefix(command.name + " ") }
        let options = defaults.reduce(command.options) { $0.union($1.options) }
        return words.dropFirst(2).compactMap { word in
            guard let match = word.firstMatch(of: #/^\[?(--?[a-z][a-z0-9-]*)/#) else { return nil }
            return options.contains(String(match.1)) ? nil : String(match.1)
        }
    }
}
