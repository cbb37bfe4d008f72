import Operations
import Quantities

/// What of memory a program names or touches: strategies put buffers of their own elsewhere.
struct OccupiedMemory {
    /// Apart, ascending.
    private var ranges: [Range<UInt64>] = []
    /// Where memory ends that has a name or that devices touch; names in the highest half gibibyte do not count.
    private(set) var top: UInt64 = 0

    /// Where registers, memory on the chip and the kernel's own bounce buffers are at home on 32-bit machines.
    private static let high: UInt64 = 0xE000_0000

    /// Collects what a program names, its registers, and what its cores and devices touch.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - buffers: What devices touch of it.
    /// - Complexity: O(*n* log *n*) for *n* statements.
    init(_ program: Program, buffers: [TransferBuffer]) {
        let transferred = buffers.map { ($0.start, $0.size) }
        let named = program.symbols.entries.map { ($0.address, $0.size) }
        top =
            (named.map { $0 &+ $1 }.filter { $0 < Self.high } + transferred.map { $0 &+ $1 })
            .max() ?? 0
        // A region that buffers lie in says what kind of memory they are in; it is not full of them.
        let used = program.symbols.entries.filter { entry in
            entry.kind != .region
                || !buffers.contains {
                    $0.start >= entry.address && $0.start - entry.address < entry.size
                }
        }.map { ($0.address, $0.size) }
        let registers = program.devices.map(\.effectiveRegisters).map {
            ($0.lowerBound, $0.upperBound &- $0.lowerBound &+ 1)
        }
        let touched = program.statements.flatMap { statement -> [(UInt64, UInt64)] in
            guard case .operation(_, let operation) = statement.body else { return [] }
            return operation.touches.map { ($0.start, $0.size) }
        }
        let all = (used + transferred + registers + touched).compactMap {
            start, size -> Range<UInt64>? in
            let (end, overflow) = start.addingReportingOverflow(size)
            return size == 0 ? nil : start..<(overflow ? .max : end)
        }
        for range in all.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = ranges.last, range.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    /// The first place from an address on, at a multiple of `alignment`, that has so many free bytes; where there is none
    /// below 2^63, the address itself.
    ///
    /// - Complexity: O(*n*) for *n* ranges.
    func free(_ size: UInt64, from start: UInt64, alignment: UInt64) -> UInt64 {
        func aligned(_ address: UInt64) -> UInt64 { (address + alignment - 1) & ~(alignment - 1) }
        var place = aligned(start)
        for range in ranges where range.upperBound > place && range.lowerBound < place + size {
            guard range.upperBound < 1 << 63 else { return aligned(start) }
            place = aligned(range.upperBound)
        }
        return place
    }
}
