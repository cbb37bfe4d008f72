extension [SymbolTable.Entry] {
    /// The smallest of the named ranges that hold an address; the array ascends by address.
    ///
    /// - Complexity: O(log *n*) in the number of names; of names that begin before the address the nearest are looked at.
    public func innermost(holding address: UInt64) -> SymbolTable.Entry? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        let nearest = self[..<low].suffix(64)
        return nearest.filter { address - $0.address < $0.size }.min { $0.size < $1.size }
    }
}
