/// A random program that can be judged, and made smaller.
protocol SoakProgram: Sendable {
    /// What drew it.
    var seed: UInt64 { get }

    /// Runs it and says what is wrong; nil: nothing.
    func flaw(_ subject: SoakSubject) -> Flaw?

    /// The same program with a little less, the largest cuts first.
    ///
    /// Each is smaller in a sense that ends: less of a statement, of a number or of a machine, never more of another.
    func smaller() -> [Self]

    /// What it is, and how to look at it.
    var account: ProgramAccount { get }
}

/// A program in words.
struct ProgramAccount: Sendable, Equatable {
    /// What kind of program on which machine.
    var title: String
    /// The program as a native trace.
    var trace: String
    /// Whether `check` and `prove` run the trace as it was run.
    var isWhole: Bool
}

/// What is wrong with a run.
struct Flaw: Sendable, Equatable {
    /// What two programs have alike that show the same.
    enum Kind: Sendable, Hashable {
        /// The two models differ.
        case models
        /// A law is broken, by name.
        case law(String)
        /// The may-analysis finds something and the search does not.
        case unshown
        /// The search finds a schedule and the may-analysis nothing.
        case unforeseen
        /// Something is found in a correct driver, by its code, of which the search shows that it cannot be.
        case alarm(String)
        /// Something is found in a correct driver, and nothing says which is wrong, the driver or what was found.
        case doubt
        /// A fault with an effect is not found.
        case missed
        /// A driver cannot be run, or a program runs once and not again.
        case stuck
    }

    var kind: Kind
    /// What it is, a line each.
    var words: [String]

    /// Whether less of the program would be another program, of which nothing is known.
    var isWhole: Bool { kind == .doubt || kind == .stuck }

    /// The same in words that are changed, line by line.
    func told(_ change: (String) -> String) -> Flaw {
        var result = self
        result.words = words.map(change)
        return result
    }
}
