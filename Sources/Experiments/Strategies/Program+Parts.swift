import Operations

extension Program {
    /// The program with at most so many passes of each loop.
    func cut(passes: UInt64) -> Program {
        var result = self
        for (index, statement) in statements.enumerated() {
            guard case .repeatBegin(let count) = statement.body, count > passes else { continue }
            result.statements[index].body = .repeatBegin(count: passes)
        }
        return result
    }

    /// The program with what spans of a name hold, in its loops, and no other operation; nil: there is no such span.
    func only(span name: String) -> Program? {
        guard let span = symbols.find(name), symbols[span]?.kind == .span else { return nil }
        var result = self
        result.statements = []
        var open: [Bool] = []
        for statement in statements {
            switch statement.body {
            case .spanBegin(let begun): open.append(begun == span)
            case .repeatBegin: open.append(false)
            case .end: open.removeLast()
            case .operation where !open.contains(true): continue
            default: break
            }
            result.statements.append(statement)
        }
        return result
    }
}
