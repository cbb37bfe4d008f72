extension [SymbolTable.Entry] {
    /// The smallest of the named ranges that hold an address; the array ascends by address.
    ///
    /// - Complexity: O(log *n*) in the number of names; of names that begin before the address the nearest are looked at.
    public func innermost(holding address: UInt64) -> SymbolTable.Entry? {
        let nearest = self[..<firstIndex(above: address)].suffix(64)
        return nearest.filter { address - $0.address < $0.size }.min { $0.size < $1.size }
    }

    /// The addresses around one that no named range holds, up to the next ones that a range does; the array ascends by address.
    ///
    /// - Precondition: ``innermost(holding:)`` gives nothing for the address.
    /// - Complexity: O(log *n*) in the number of names.
    public func gap(around address: UInt64) -> Range<UInt64> {
        let next = firstIndex(above: address)
        let ends = self[..<next].suffix(64).map { $0.address &+ $0.size }
        return
            (ends.filter { $0 <= address }.max() ?? 0)..<(next < count
            ? self[next].address : .max)
    }

    /// The first place whose name begins above an address.
    private func firstIndex(above address: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
