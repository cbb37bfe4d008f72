import Operations
import Quantities

/// The entries of dma-debug in their hash, with its rules for finding them (linux-dma.md §3.2).
struct DMADebugTable: Sendable {
    /// Buckets in the hash.
    static let buckets: UInt64 = 16_384
    /// The address bits below the bucket's number.
    static let shift: UInt64 = 13

    private var entries: [UInt64: [DMADebugEntry]] = [:]
    private var nextSerial: UInt64 = 0

    private static func bucket(_ address: UInt64) -> UInt64 { (address >> shift) % buckets }

    /// Adds an entry at the end of its bucket.
    ///
    /// - Returns: it, with its number.
    mutating func add(_ entry: DMADebugEntry) -> DMADebugEntry {
        var entry = entry
        entry.serial = nextSerial
        nextSerial += 1
        entries[Self.bucket(entry.address), default: []].append(entry)
        return entry
    }

    /// Removes an entry.
    mutating func remove(_ entry: DMADebugEntry) {
        entries[Self.bucket(entry.address)]?.removeAll { $0.serial == entry.serial }
    }

    /// The entry at a reference's DMA address.
    func exact(_ reference: DMADebugEntry) -> DMADebugEntry? {
        find(reference, in: Self.bucket(reference.address)) { $0.address == reference.address }
    }

    /// The entry that a range lies in, sought from the range's bucket downwards.
    ///
    /// Sums of address and size wrap at 2^64, as the kernel's do.
    ///
    /// - Parameters:
    ///   - reference: The range.
    ///   - range: How far down buckets are looked into, in bytes; nil: down to address 0, each bucket once.
    /// - Returns: the entry; nil: there is none, or several of which none fits perfectly.
    func containing(_ reference: DMADebugEntry, within range: UInt64?) -> DMADebugEntry? {
        let first = reference.address >> Self.shift
        let steps =
            range.map { min($0 >> Self.shift + 1, Self.buckets) } ?? min(Self.buckets, first + 1)
        let end = reference.address &+ reference.size
        for step in 0..<steps {
            let bucket = (first &- step) % Self.buckets
            let found = find(reference, in: bucket) {
                $0.address <= reference.address && $0.address &+ $0.size >= end
            }
            if let found { return found }
        }
        return nil
    }

    /// The one entry of a bucket that matches, or of several the one that fits perfectly.
    private func find(
        _ reference: DMADebugEntry, in bucket: UInt64, _ matches: (DMADebugEntry) -> Bool
    ) -> DMADebugEntry? {
        let found = (entries[bucket] ?? []).filter { $0.device == reference.device && matches($0) }
        let perfect = found.first {
            $0.size == reference.size && $0.kind == reference.kind
                && $0.direction == reference.direction && $0.callEntries == reference.callEntries
        }
        return perfect ?? (found.count == 1 ? found[0] : nil)
    }

    /// Notes that `dma_mapping_error` was asked: for the first entry at the address of which it was not.
    mutating func check(_ address: UInt64, of device: Agent) {
        let bucket = Self.bucket(address)
        let place = entries[bucket]?.firstIndex {
            $0.address == address && $0.device == device && $0.isUnchecked
        }
        if let place { entries[bucket]?[place].isUnchecked = false }
    }

    /// All entries of a device, by bucket and in a bucket by age.
    func all(of device: Agent) -> [DMADebugEntry] {
        entries.keys.sorted().flatMap { entries[$0] ?? [] }.filter { $0.device == device }
    }
}
