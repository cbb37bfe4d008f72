import ArgumentParser
import Foundation
import Glibc

/// The command line.
@main
struct Staleline: AsyncParsableCommand {
    /// The program's version, as `--version` and the heads of files give it.
    static let version = "0.1.0-dev"

    static let configuration = CommandConfiguration(
        commandName: "staleline",
        abstract:
            "Where ARM caches and DMA leave data stale, why, what mends it, and what each strategy costs.",
        discussion: """
            TRACE may be - for standard input. Formats and compression are recognised by content.
            Exit status: 0 nothing found or done, 1 findings, 2 bad input.
            """,
        version: "staleline \(version)",
        subcommands: [
            CheckCommand.self, FixCommand.self, CompareCommand.self, ReplayCommand.self,
            ExplainCommand.self,
            MachinesCommand.self, ConvertCommand.self, MergeCommand.self, ValidateCommand.self,
            ProveCommand.self, ReportCommand.self, StudioCommand.self, CaptureCommand.self,
            LearnCommand.self, DemoCommand.self,
        ])

    /// Runs the command and turns whatever is wrong with its input into exit status 2.
    ///
    /// On the main thread, whose stack is the largest; work beside it is the commands' own.
    @MainActor static func main() async {
        // A reader that goes away, as `head` does, is no reason for a crash report.
        signal(SIGPIPE, SIG_DFL)
        do {
            var command = try parseAsRoot()
            if var several = command as? any AsyncParsableCommand {
                try await several.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Output.flush()
            Glibc.exit(code.rawValue)
        } catch {
            Output.flush()
            let code = exitCode(for: error)
            if code.isSuccess {
                // `--help` and `--version` arrive as errors.
                print(fullMessage(for: error))
                Glibc.exit(code.rawValue)
            }
            Diagnostics.error(isUsage(error) ? fullMessage(for: error) : "\(error)")
            Glibc.exit(2)
        }
        Output.flush()
    }

    private static func isUsage(_ error: any Error) -> Bool {
        exitCode(for: error) == .validationFailure
    }
}

/// Standard output, written in large pieces.
enum Output {
    nonisolated(unsafe) private static var pending = ""

    /// Adds text; it is written once there is enough of it, and at the end.
    static func write(_ text: String) {
        pending += text
        if pending.utf8.count > 1 << 16 { flush() }
    }

    /// Writes what is pending.
    static func flush() {
        guard !pending.isEmpty else { return }
        let data = Data(pending.utf8)
        pending = ""
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            Diagnostics.error("standard output: \(error.localizedDescription)")
            Foundation.exit(2)
        }
    }

    /// Whether standard output is a terminal that wants colours.
    static var hasColours: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }
}

/// Standard error.
enum Diagnostics {
    /// Says that something is wrong.
    static func error(_ text: String) { note("staleline: \(text)") }

    /// Says something beside the result.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
