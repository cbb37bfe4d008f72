extension Annotations {
    /// Function and line of source as reports say them, as `poll_ring at net.c:18`; nil: neither is known.
    public var codePlace: String? {
        let line = source.map { "\($0.file):\($0.line)" }
        let parts = [function, line].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " at ")
    }
}

extension Program {
    /// Where a statement stands in the source of what was traced; nil: that is not known, or there is no such statement.
    ///
    /// - Parameter record: The statement's number, from 1.
    /// - Returns: the place in words.
    /// - Complexity: O(1).
    public func codePlace(of record: Int) -> String? {
        guard statements.indices.contains(record - 1) else { return nil }
        let place = Int(statements[record - 1].annotation)
        return annotations.indices.contains(place) ? annotations[place].codePlace : nil
    }
}
