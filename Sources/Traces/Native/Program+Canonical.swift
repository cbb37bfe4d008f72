import Operations

extension Program {
    /// The same program as a reader of its canonical text, or of its binary form, gives it.
    ///
    /// Statements have the lines of the canonical text, one each after the header, and annotations are in the order
    /// of their statements, without empty ones. Two programs say the same if their canonical forms are equal.
    public func canonicalized() -> Program {
        var result = self
        result.annotations = []
        for place in statements.indices {
            result.statements[place].line = Self.canonicalLine(place)
            guard let found = annotations(of: statements[place]) else {
                result.statements[place].annotation = -1
                continue
            }
            result.statements[place].annotation = Int32(result.annotations.count)
            result.annotations.append(found)
        }
        return result
    }

    /// The line of a statement in the canonical text: the header takes the first.
    static func canonicalLine(_ place: Int) -> UInt32 { UInt32(truncatingIfNeeded: place + 2) }

    /// A statement's annotations; nil if it has none.
    func annotations(of statement: Statement) -> Annotations? {
        let place = Int(statement.annotation)
        guard annotations.indices.contains(place), !annotations[place].isEmpty else { return nil }
        return annotations[place]
    }

    /// Checks a whole program, statement by statement, and hands each one on.
    func checked(
        _ body: (Statement.Body, Annotations?) throws(ProgramError) -> Void
    ) throws(ProgramError) {
        var checker = try ProgramChecker(symbols)
        for (place, statement) in statements.enumerated() {
            let found = annotations(of: statement)
            do throws(ProgramError) {
                try checker.check(statement.body, annotations: found)
                try body(statement.body, found)
            } catch {
                var error = error
                error.statement = place
                throw error
            }
        }
        try checker.finish()
    }
}
