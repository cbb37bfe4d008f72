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
    /// Whether nothing can be left out of it; if not, its reduction was ended.
    var isLeast: Bool

    /// Reduces a program with a flaw.
    init(
        reducing program: some SoakProgram, _ flaw: Flaw, _ subject: SoakSubject, kind: SoakKind,
        isChosen: Bool, while goesOn: () -> Bool = { true }
    ) {
        let smallest = Reduction.smallest(program, flaw, subject, while: goesOn)
        seed = program.seed
        self.kind = kind
        self.isChosen = isChosen
        self.flaw = smallest.flaw
        account = smallest.program.account
        isLeast = smallest.isLeast
    }

    /// The reduced program as a native trace, with what differs as comments at its end.
    ///
    /// Behind the statements, so that their lines are those that are named.
    public var trace: String {
        let remarks = ["seed \(seed): \(account.title)"] + flaw.words
        return account.trace + remarks.map { "# \($0)\n" }.joined()
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
    ///
    /// - Parameter given: The file that the trace is written to; nil: it is not.
    /// - Returns: the text, with the end of its last line.
    public func text(file given: String? = nil) -> String {
        let name = given ?? file
        var lines = ["difference with seed \(seed): \(account.title)"] + flaw.words
        let size =
            flaw.isWhole
            ? "the trace (whole: less of it would be another program):"
            : isLeast ? "the reduced trace:" : "the trace, whose reduction was ended:"
        lines += ["", size, "", trace, "again: \(command(file: name))"]
        if account.isWhole {
            // Without a file the one that the command before writes.
            lines.append(
                (given == nil ? "and then, with the trace alone: " : "the trace alone: ")
                    + "staleline check \(name); staleline prove \(name)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
