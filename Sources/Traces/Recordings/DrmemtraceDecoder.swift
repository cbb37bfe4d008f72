import Operations
import Quantities

/// DynamoRIO's drmemtrace as a file: records of 12 bytes, `type` (2), `size` (2) and a value (8), little-endian.
///
/// A trace of a 64-bit program as it lies in the trace folder, out of its container: one file for each thread or core.
struct DrmemtraceDecoder: RecordDecoder {
    static let recordSize = 12

    private var state = DrmemtraceState()
    private var hasHeader = false
    private var thread: UInt64 = 0
    private var processor: UInt64?
    /// The encoding that stands before its instruction.
    private var encoding: UInt32?
    /// The start of a flush whose end is a record of its own.
    private var flushStart: UInt64?
    private var next: UInt64 = 0

    /// Whether bytes begin like a file: recognition asks.
    static func isHead(_ bytes: [UInt8]) -> Bool {
        // Type 25, no size, a version below 256.
        bytes.count >= recordSize && bytes.starts(with: [25, 0, 0, 0]) && bytes[4] > 0
            && bytes[5..<12].allSatisfy { $0 == 0 }
    }

    mutating func decode(
        _ window: ByteWindow, into output: inout RecordOutput
    ) throws(DecodeFault) -> Bool {
        guard try window.holdRecord(Self.recordSize) else { return false }
        let type = window.number(at: 0, as: UInt16.self)
        let size = window.number(at: 2, as: UInt16.self)
        let value = window.number(at: 4, as: UInt64.self)
        do throws(LineFault) {
            try take(type, UInt64(size), value, into: &output)
        } catch {
            throw .record(error)
        }
        window.take(Self.recordSize)
        return true
    }

    private mutating func take(
        _ type: UInt16, _ size: UInt64, _ value: UInt64, into output: inout RecordOutput
    ) throws(LineFault) {
        guard hasHeader || type == 25 else {
            throw LineFault(
                column: 1, found: "record type \(type)",
                expected: "a header (type 25) at the front")
        }
        switch type {
        case 0, 1:
            output.records &+= 1
            try state.tell(
                type == 0 ? .load : .store, at: value, size: size, by: core(&output), column: 3,
                into: &output)
        case 2...8, 32...34, 41...46:
            output.records &+= 1
            try state.tell(
                .prefetch, at: value, size: size, by: core(&output), column: 3, into: &output)
        case 9, 35...40: output.skip("prefetches of instructions")
        case 10...16, 31, 48, 49: try takeFetch(value, size, into: &output)
        case 17: try takeBundle(size, value, into: &output)
        case 18...21: try takeFlush(type, size, value, into: &output)
        case 22: thread = value
        case 23, 24, 26: output.skip("threads, processes and ends")
        case 25:
            hasHeader = true
            output.skip("threads, processes and ends")
        case 27: output.skip("prefetches of hardware")
        case 28: takeMarker(size, value, into: &output)
        case 29, 30: output.skip("instructions that were not fetched")
        case 47: encoding = size >= 4 ? UInt32(truncatingIfNeeded: value) : nil
        default:
            throw LineFault(
                column: 1, found: "record type \(type)", expected: "a type from 0 to 49")
        }
    }

    private mutating func takeFetch(
        _ address: UInt64, _ size: UInt64, into output: inout RecordOutput
    ) throws(LineFault) {
        output.records &+= 1
        try state.tellFetch(
            at: address, size: size, opcode: size == 4 ? encoding : nil, by: core(&output),
            column: 3, into: &output)
        encoding = nil
        next = address &+ size
    }

    /// Further instructions behind one: their lengths in the bytes of the value.
    private mutating func takeBundle(
        _ count: UInt64, _ lengths: UInt64, into output: inout RecordOutput
    ) throws(LineFault) {
        guard (1...8).contains(count) else {
            throw LineFault(
                column: 3, found: "a bundle of \(count) instructions", expected: "1 to 8")
        }
        for index in 0..<count {
            try takeFetch(next, lengths >> (index * 8) & 0xFF, into: &output)
        }
    }

    private mutating func takeFlush(
        _ type: UInt16, _ size: UInt64, _ value: UInt64, into output: inout RecordOutput
    ) throws(LineFault) {
        let isData = type >= 20
        switch type {
        case 18 where size == 0, 20 where size == 0: flushStart = value
        case 18, 20:
            output.records &+= 1
            state.tellFlush(isData, at: value, size: size, by: try core(&output), into: &output)
        default:
            guard let start = flushStart, start < value else {
                throw LineFault(
                    column: 5, found: "the end of a flush at 0x\(String(value, radix: 16))",
                    expected: "its beginning before it")
            }
            output.records &+= 1
            state.tellFlush(
                isData, at: start, size: value - start, by: try core(&output), into: &output)
            flushStart = nil
        }
    }

    private mutating func takeMarker(
        _ kind: UInt64, _ value: UInt64, into output: inout RecordOutput
    ) {
        output.skip("markers")
        switch kind {
        case 2: state.time = value
        case 3: processor = value == .max ? nil : value & 0xFFF
        case 9: state.takeFileType(value)
        case 15: state.takePhysical(value)
        case 17: state.takeVirtual(value, into: &output)
        case 18: state.takePageSize(value)
        default: break
        }
    }

    private func core(_ output: inout RecordOutput) throws(LineFault) -> Agent {
        if let processor { return try output.core(number: processor, isThread: false) }
        return try output.core(number: thread, isThread: true)
    }
}
