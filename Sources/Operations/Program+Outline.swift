import Quantities

extension Program {
    /// The program without its single accesses, where these are most of it, otherwise the program itself; and the pages of
    /// these accesses, by the addresses that they have.
    ///
    /// For whoever asks for declarations and calls alone: a trace of millions of accesses has few of them. One pass for
    /// both, for in millions of statements each costs.
    ///
    /// - Complexity: O(statements).
    public func outlined() -> (program: Program, pages: AccessPages) {
        var places: [Int] = []
        var pages = AccessPages()
        for place in statements.indices {
            if let access = statements[place].access {
                pages.note(access)
            } else {
                places.append(place)
            }
        }
        guard 2 * places.count < statements.count else { return (self, pages) }
        var outline = Program()
        outline.symbols = symbols
        outline.annotations = annotations
        outline.statements = places.map { statements[$0] }
        outline.numbers = places.map { number(of: $0) }
        return (outline, pages)
    }

    /// The pages of the single accesses, by the addresses that these have in a map.
    ///
    /// - Complexity: O(statements).
    public func accessPages(in map: MemoryMap) -> AccessPages {
        var pages = AccessPages()
        for place in statements.indices {
            guard let access = statements[place].access else { continue }
            pages.note(access) { map.physical(of: $0) }
        }
        return pages
    }

    /// The number of a statement, from 1: that which it has in the whole program.
    ///
    /// - Parameter place: Where it stands here.
    /// - Returns: the number that findings give.
    public func number(of place: Int) -> Int { numbers.map { $0[place] } ?? place + 1 }
}

extension Statement {
    /// The access, if it is a single one.
    ///
    /// A statement is large: who goes through millions of them asks each in its place for this, and copies none.
    @inlinable
    public var access: MemoryAccess? { Self.access(in: body) }

    @inlinable
    static func access(in body: borrowing Body) -> MemoryAccess? {
        switch body {
        case .operation(_, .access(let access, _, _)): access
        default: nil
        }
    }

    /// Who performs it, if it is an operation.
    @inlinable
    public var agent: Agent? {
        if case .operation(let agent, _) = body { agent } else { nil }
    }

    /// The value of a single access, if it has one.
    @inlinable
    public var value: UInt64? {
        if case .operation(_, .access(_, _, let value)) = body { value } else { nil }
    }

    /// The name by which a single access was given, if it is one.
    @inlinable
    public var symbol: SymbolID {
        if case .operation(_, .access(_, let symbol, _)) = body { symbol } else { .none }
    }
}
