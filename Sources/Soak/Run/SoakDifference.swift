/// A program that shows that something is wrong, made as small as it can be.
public struct SoakDifference: Sendable, Equatable {
    /// The seed of the program.
    public var seed: UInt64
    /// What it was held to.
    public var kind: SoakKind
    /// Whether the kind was asked for, and not that of the seed.
    var isChosen: Bool
    /// What differs.
    var flaw: Flaw
    /// What the program was.
    var account: ProgramAccount

    /// Reduces a program with a flaw.
    init(
        reducing program: some SoakProgram, _ flaw: Flaw, _ subject: SoakSubject, kind: SoakKind,
        isChosen: Bool
    ) {
        let smallest = Reduction.smallest(program, flaw, subject)
        seed = program.seed
        self.kind = kind
        self.isChosen = isChosen
        self.flaw = smallest.flaw
        account = smallest.program.account
    }

    /// The reduced program as a native trace, with what differs as comments at its start.
    public var trace: String {
        var lines = account.trace.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let remarks = ["seed \(seed): \(account.title)"] + flaw.words
        // Behind the first line, which says what the file is.
        lines.insert(contentsOf: remarks.map { "# \($0)" }, at: 1)
        return lines.joined(separator: "\n")
    }

    /// What differs, a line each.
    public var outcome: [String] { flaw.words }

    /// What kind of program it is, on which machine.
    public var title: String { account.title }

    /// The command that shows it again, and writes the trace to a file.
    ///
    /// - Parameter file: The file's name.
    /// - Returns: the command.
    public func command(file: String) -> String {
        "staleline soak --seed \(seed) --programs 1"
            + (isChosen ? " --kind \(kind.rawValue)" : "") + " -o \(file)"
    }

    /// A name for the file.
    public var file: String { "soak-\(seed).slt" }

    /// All in words: what is wrong, the trace, and the commands that show it again.
    public var text: String {
        var lines = ["difference with seed \(seed): \(account.title)"] + flaw.words
        lines += [
            "",
            flaw.isWhole
                ? "the trace (whole: less of it would be another driver):" : "the reduced trace:",
            "", trace, "again: \(command(file: file))",
        ]
        if account.isWhole {
            lines.append("the trace alone: staleline check \(file); staleline prove \(file)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
