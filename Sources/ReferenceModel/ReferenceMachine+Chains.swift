import MemoryModel
import Operations
import Quantities

// Section 10.3: what an engine makes of a descriptor.

extension ReferenceMachine {
    /// What follows a descriptor whose bytes have been read.
    mutating func decode(_ transfer: ReferenceTransfer) -> [ReferenceTransfer] {
        guard let chain = transfer.chain else { return [] }
        let at = transfer.start
        func number(_ field: DescriptorLayout.Field, _ byte: (Int) -> UInt8?) -> UInt64? {
            var result: UInt64 = 0
            for index in 0..<Int(field.bytes) {
                guard let value = byte(Int(field.offset) + index) else { return nil }
                result |= UInt64(value) << UInt64(8 * index)
            }
            return field.meaning(of: result)
        }
        let fields = chain.layout.fields.filter { $0.role != .status }
        let isStale = fields.contains {
            number($0) { chain.seen[$0] } != number($0) { chain.newest[$0] }
        }
        func fail(_ machine: inout Self, _ fault: ChainLog.Fault) {
            if !isStale, machine.chainFault == nil {
                machine.chainFault = (transfer.record, fault)
            }
        }
        var said: [DescriptorLayout.Role: UInt64] = [:]
        for field in fields {
            guard let value = number(field, { chain.seen[$0] }) else {
                fail(&self, .unknown(field.role, address: at + UInt64(field.offset)))
                return []
            }
            said[field.role] = value
        }
        if said[.own] == 0 { return [] }
        let next = ReferenceTransfer(
            operation: transfer.operation, start: 0, record: transfer.record,
            earliest: transfer.end, followsDoorbell: transfer.followsDoorbell)
        var result: [ReferenceTransfer] = []
        let length = said[.length] ?? 0
        let ends = [said[.source], said[.destination]].compactMap { $0 }
        if length > 0, let start = ends.first {
            let isMuch = length > ChainLog.mostBytes - chain.moved
            let wrong = ends.first { isMuch || !has56Bits($0, length) }
            if wrong != nil {
                fail(&self, .range(start: wrong ?? start, bytes: length))
                return []
            }
            result.append(data(next, length, said))
        }
        if let status = chain.layout[.status] {
            var write = next
            write.start = at + UInt64(status.offset)
            write.operation = DeviceOperation(
                .write, at: Operand(write.start), bytes: UInt64(status.bytes), value: status.value)
            write.isStatus = true
            result.append(write)
        }
        if let further = following(transfer, chain, said, length, next, fail) {
            result.append(further)
        }
        return result
    }

    /// Whether bytes are all in the lowest, or all in the highest, 2^56 of the address space, and end before it does.
    private func has56Bits(_ start: UInt64, _ bytes: UInt64) -> Bool {
        let room = UInt64.max - start
        let isLow = start < 1 << 56 && start + bytes < 1 << 56
        return bytes <= room && (isLow || start >= UInt64.max - (1 << 56) + 1)
    }

    /// What moves the bytes that a descriptor names.
    private func data(
        _ transfer: ReferenceTransfer, _ length: UInt64, _ said: [DescriptorLayout.Role: UInt64]
    ) -> ReferenceTransfer {
        var result = transfer
        let source = said[.source]
        result.start = said[.destination] ?? source ?? 0
        result.operation = DeviceOperation(
            said[.destination] == nil ? .read : .write, at: Operand(result.start), bytes: length)
        if let source, said[.destination] != nil { result.copy = ReferenceCopy(source: source) }
        return result
    }

    /// The fetch of the next descriptor; nil: there is none.
    private mutating func following(
        _ transfer: ReferenceTransfer, _ chain: ReferenceChain,
        _ said: [DescriptorLayout.Role: UInt64], _ length: UInt64, _ next: ReferenceTransfer,
        _ fail: (inout Self, ChainLog.Fault) -> Void
    ) -> ReferenceTransfer? {
        if said[.last] == 1 { return nil }
        let size = UInt64(chain.layout.size)
        let start =
            said[.wrap] == 1 ? chain.first : said[.next] ?? transfer.start &+ size
        if said[.wrap] != 1, said[.next] == 0 { return nil }
        if chain.count >= UInt64(chain.limit) {
            fail(&self, .endless(limit: chain.limit))
            return nil
        }
        if !has56Bits(start, size) {
            fail(&self, .range(start: start, bytes: size))
            return nil
        }
        var result = next
        result.start = start
        result.operation = transfer.operation
        result.chain = chain
        result.chain?.count += 1
        result.chain?.moved += length
        result.chain?.seen = []
        result.chain?.newest = []
        return result
    }
}
