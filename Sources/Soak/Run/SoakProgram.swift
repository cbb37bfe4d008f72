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
        /// A driver cannot be run.
        case stuck
    }

    var kind: Kind
    /// What it is, a line each.
    var words: [String]

    /// Whether less of the program would be another program, of which nothing is known.
    var isWhole: Bool { kind == .doubt || kind == .stuck }
}

/// Makes a program that shows something as small as it can be made.
enum Reduction {
    /// Leaves out of a program what its flaw does not need, until nothing can be left out.
    ///
    /// - Parameters:
    ///   - program: A program with a flaw.
    ///   - flaw: What it is.
    ///   - subject: What the program is held to.
    /// - Returns: a program with a flaw of the same kind, none of whose ``SoakProgram/smaller()`` has it.
    /// - Complexity: O(*n*) judgements for each cut that succeeds.
    static func smallest<Program: SoakProgram>(
        _ program: Program, _ flaw: Flaw, _ subject: SoakSubject
    ) -> (program: Program, flaw: Flaw) {
        var best = (program: program, flaw: flaw)
        guard !flaw.isWhole else { return best }
        var candidates = program.smaller()[...]
        while let candidate = candidates.popFirst() {
            guard let found = candidate.flaw(subject), found.kind == flaw.kind else { continue }
            best = (candidate, found)
            candidates = candidate.smaller()[...]
        }
        return best
    }

    /// A list without some neighbours: first without halves, at last without single ones, the last ones first.
    static func cuts<Element>(_ list: [Element]) -> [[Element]] {
        var result: [[Element]] = []
        var size = max(list.count / 2, 1)
        while size > 0, !list.isEmpty {
            var end = list.count
            while end > 0 {
                let start = max(0, end - size)
                result.append(Array(list[..<start] + list[end...]))
                end = start
            }
            size /= 2
        }
        return result
    }
}
