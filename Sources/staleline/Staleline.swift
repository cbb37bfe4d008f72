import ArgumentParser
import Foundation
import Glibc
import Traces

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
            Exit status: 0 nothing found or done, 1 findings, 2 bad input, 3 a limit was reached.
            """,
        version: "staleline \(version)",
        subcommands: [
            CheckCommand.self, FixCommand.self, CompareCommand.self, ReplayCommand.self,
            SweepCommand.self, ExplainCommand.self, MachinesCommand.self, ConvertCommand.self,
            MergeCommand.self, ValidateCommand.self, ProveCommand.self, ReportCommand.self,
            LearnCommand.self,
            StudioCommand.self, CaptureCommand.self, SoakCommand.self, DemoCommand.self,
        ])

    /// Runs the command and turns whatever is wrong with its input into exit status 2.
    ///
    /// On the main thread, whose stack is the largest; work beside it is the commands' own.
    @MainActor static func main() async {
        // A reader that goes away, as `head` does, is no reason for a crash report.
        signal(SIGPIPE, SIG_DFL)
        StandardDescriptors.complete()
        UnfinishedFiles.watchSignals()
        do {
            var command = try parseAsRoot()
            if let limited = command as? any LimitedCommand { try limited.limits.start() }
            if let several = command as? any AsyncParsableCommand {
                // Nobody else has it.
                nonisolated(unsafe) var only = several
                try await only.run()
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
                Output.write(fullMessage(for: error) + "\n")
                Output.flush()
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
        let bytes = Array(pending.utf8)
        pending = ""
        guard StandardDescriptors.write(bytes, to: STDOUT_FILENO) else {
            Diagnostics.error("standard output: \(String(cString: strerror(errno)))")
            Foundation.exit(2)
        }
    }

    /// Whether something was written that cannot be taken back: here, or by a sink.
    static var hasWritten: Bool {
        StandardDescriptors.hasWrittenOutput || ByteSink.hasWrittenDirectly
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
    static func note(_ text: String) { write(text + "\n") }

    /// Writes text; that nobody can read it is no reason to end.
    static func write(_ text: String) {
        _ = StandardDescriptors.write(Array(text.utf8), to: STDERR_FILENO)
    }
}

/// Standard input, output and error.
enum StandardDescriptors {
    /// Sees to it that the three are there: a file must not be opened in the place of one that the caller closed.
    ///
    /// What is in their place can be neither read nor written.
    static func complete() {
        for descriptor in STDIN_FILENO...STDERR_FILENO
        where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Whether some of standard output was written.
    nonisolated(unsafe) fileprivate private(set) static var hasWrittenOutput = false

    /// Writes bytes; false: they could not be written, and `errno` says why.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { raw in
            var written = 0
            while written < raw.count {
                let count = Glibc.write(
                    descriptor, raw.baseAddress.map { $0 + written }, raw.count - written)
                if count >= 0 {
                    written += count
                    if descriptor == STDOUT_FILENO { hasWrittenOutput = true }
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
