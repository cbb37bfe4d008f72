import Operations
import Traces

/// Names for what a log maps and allocates.
///
/// They are `dma1`, `dma2` and so on.
/// A name is given again once ``quarantine`` others have been released after it, so that there are no more names than
/// live mappings and those; until then a second release or a late sync still finds the name.
struct LogHandles {
    /// How many released names are kept back.
    static let quarantine = 4_096

    private struct Key: Hashable {
        var device: Int32
        var address: UInt64
    }

    private struct Released {
        var handle: SymbolID
        var keys: [Key]
    }

    private var queue: [Released?] = []
    private var first = 0
    private var remembered: [Key: SymbolID] = [:]
    private var number = 0

    /// A name for a new mapping.
    ///
    /// - Complexity: amortised O(1).
    mutating func take(from symbols: inout SymbolTable) -> SymbolID {
        if queue.count - first > Self.quarantine, let oldest = queue[first] {
            queue[first] = nil
            first += 1
            forget(oldest)
            if first > Self.quarantine {
                queue.removeFirst(first)
                first = 0
            }
            return oldest.handle
        }
        while true {
            number += 1
            let entry = SymbolTable.Entry(name: "dma\(number)", kind: .handle)
            if let symbol = symbols.add(entry) { return symbol }
        }
    }

    /// Keeps a released name back, to be found under some addresses.
    mutating func release(_ handle: SymbolID, device: Int32, addresses: [UInt64]) {
        let keys = addresses.map { Key(device: device, address: $0) }
        queue.append(Released(handle: handle, keys: keys))
        for key in keys { remembered[key] = handle }
    }

    /// The name of the mapping that was last released at an address.
    func released(_ device: Int32, _ address: UInt64) -> SymbolID? {
        remembered[Key(device: device, address: address)]
    }

    /// Forgets all addresses: events were lost, and nothing before can convict what comes after.
    mutating func forgetAll() { remembered.removeAll(keepingCapacity: true) }

    private mutating func forget(_ released: Released) {
        for key in released.keys where remembered[key] == released.handle {
            remembered[key] = nil
        }
    }
}
