/// Makes a program that shows something as small as it can be made.
enum Reduction {
    /// What is left of a program.
    struct Rest<Program: SoakProgram> {
        var program: Program
        var flaw: Flaw
        /// Whether nothing more can be left out; if not, it was not let go on.
        var isLeast = true
    }

    /// Leaves out of a program what its flaw does not need, until nothing can be left out.
    ///
    /// - Parameters:
    ///   - program: A program with a flaw.
    ///   - flaw: What it is.
    ///   - subject: What the program is held to.
    ///   - goesOn: Asked before each judgement; false ends it with what is left so far.
    /// - Returns: a program with a flaw of the same kind, none of whose ``SoakProgram/smaller()`` has it, unless it was
    ///   ended.
    /// - Complexity: With *n* statements, parts, words and numbers that can go, each cut that succeeds takes O(*n*)
    ///   judgements, for after it all smaller programs are tried from the first on; there are O(*n*) such cuts, and a
    ///   number is halved as often as it can be. So O(*n*²) judgements at worst, each a run of both models, or a search.
    static func smallest<Program: SoakProgram>(
        _ program: Program, _ flaw: Flaw, _ subject: SoakSubject,
        while goesOn: () -> Bool = { true }
    ) -> Rest<Program> {
        var best = Rest(program: program, flaw: flaw)
        guard !flaw.isWhole else { return best }
        var candidates = program.smaller()[...]
        while let candidate = candidates.popFirst() {
            guard goesOn() else {
                best.isLeast = false
                return best
            }
            guard let found = candidate.flaw(subject), found.kind == flaw.kind else { continue }
            best = Rest(program: candidate, flaw: found)
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
