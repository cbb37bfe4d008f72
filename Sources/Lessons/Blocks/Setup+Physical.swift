import Experiments
import Operations

extension Setup {
    /// The physical address of one that the program uses, by what it declares.
    ///
    /// - Complexity: O(*n* log *n*) in the number of declared mappings.
    func physical(of address: UInt64) -> UInt64 {
        declaredMap.physical(of: address)
    }
}
