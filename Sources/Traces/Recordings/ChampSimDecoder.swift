import Operations
import Quantities

/// ChampSim's traces: records of 64 bytes, of 96 in the variant of CloudSuite, without a head and without sizes.
///
/// A record is an instruction: `ip` (8), branch (1), taken (1), registers written (2, or 4) and read (4), then the
/// addresses that it stores to (2, or 4) and loads from (4), each 8 bytes, 0 for none; behind them in the variant two
/// address space numbers and padding.
struct ChampSimDecoder: RecordDecoder {
    /// How many records recognition needs to be sure.
    static let sample = 16

    private let size: Int
    private let stores: Range<Int>
    private let loads: Range<Int>

    init(isCloudSuite: Bool) {
        size = isCloudSuite ? 96 : 64
        // 8 + 2 + registers, up to a multiple of 8.
        stores = isCloudSuite ? 24..<56 : 16..<32
        loads = stores.upperBound..<stores.upperBound + 32
    }

    /// Whether bytes can be such records: there is no mark, but two bytes of each are 0 or 1 and the address is not 0.
    static func isHead(_ bytes: [UInt8], size: Int) -> Bool {
        let count = min(bytes.count / size, 64)
        guard count >= sample else { return false }
        return (0..<count).allSatisfy { index in
            let record = bytes[index * size..<(index + 1) * size]
            let start = record.startIndex
            // No address of a program has more than 57 bits, but for those of a kernel, which begin with ones.
            return record[start + 8] <= 1 && record[start + 9] <= 1
                && record[start..<start + 8].contains { $0 != 0 }
                && (record[start + 7] == 0 || record[start + 7] == 0xFF)
        }
    }

    mutating func decode(
        _ window: ByteWindow, into output: inout RecordOutput
    ) throws(DecodeFault) -> Bool {
        guard try window.holdRecord(size) else { return false }
        let counter = window.number(at: 0, as: UInt64.self)
        let branch = window.number(at: 8, as: UInt8.self)
        let taken = window.number(at: 9, as: UInt8.self)
        guard branch <= 1, taken <= 1 else {
            throw .record(
                LineFault(
                    column: branch > 1 ? 9 : 10, found: "a flag of \(max(branch, taken))",
                    expected: "0 or 1"))
        }
        guard counter != 0 else {
            throw .record(
                LineFault(column: 1, found: "an instruction at 0", expected: "its address"))
        }
        output.records &+= 1
        output.assume("sizes: 1 byte, the only one that the format names")
        add(.fetch, counter, counter, into: &output)
        for place in stride(from: loads.lowerBound, to: loads.upperBound, by: 8) {
            let address = window.number(at: place, as: UInt64.self)
            if address != 0 { add(.load, address, counter, into: &output) }
        }
        for place in stride(from: stores.lowerBound, to: stores.upperBound, by: 8) {
            let address = window.number(at: place, as: UInt64.self)
            if address != 0 { add(.store, address, counter, into: &output) }
        }
        window.take(size)
        return true
    }

    private func add(
        _ kind: AccessKind, _ address: UInt64, _ counter: UInt64, into output: inout RecordOutput
    ) {
        var operation = RecordedOperation(.access(MemoryAccess(kind, at: address, size: 1)))
        operation.programCounter = counter
        output.add(operation)
    }
}
