import Events
import Operations
import Quantities

// An engine that follows a chain of descriptors by itself: it fetches one through its port, takes from the bytes that
// came what they say, does it, writes the status, and goes on with the next. What it sees is what memory, or the
// caches that its port looks into, held when each burst read it: that may be older than what a core stored.

extension Machine where P: ~Copyable {
    /// Says how engines read the descriptors of a layout.
    ///
    /// From now on stored values are kept.
    public mutating func declare(_ layout: DescriptorLayout, as name: SymbolID) {
        layouts[name] = layout
        if descriptorBytes == nil { descriptorBytes = DescriptorBytes() }
        closeFastPath()
    }

    /// The chain that an operation begins; nil: none.
    mutating func chain(of operation: DeviceOperation, at physical: UInt64, burst: UInt64)
        -> ChainState?
    {
        guard let layout = layouts[operation.layout] else { return nil }
        let limit = operation.limit ?? DescriptorLayout.usualLimit
        defer { chainLog.chains += 1 }
        return ChainState(
            number: chainLog.chains, layout: layout, first: physical, left: limit - 1,
            limit: limit, burst: burst)
    }

    /// Does what the descriptor says that has just come: puts its transfers behind the fetch.
    mutating func followChain(_ index: Int, at tick: UInt64) {
        let device = devices[index]
        guard let fetch = device.current, let chain = fetch.chain, let descriptorBytes else {
            return
        }
        var reader = DescriptorReader(
            chain: chain, start: fetch.shape.start, device: device.agent, bytes: descriptorBytes)
        var transfers: [Transfer] = []
        var bytesLeft = chain.bytesLeft
        for operation in reader.operations() {
            chainLog.steps.append(ChainLog.Step(chain: chain.number, operation: operation))
            var transfer = Transfer(
                operation, at: operation.start.address.rawValue, burst: chain.burst,
                record: fetch.record, earliest: tick)
            if let source = operation.source {
                transfer.copy = CopyState(
                    address: source.address.rawValue, bytes: operation.bytes,
                    fifoBytes: fifoBytes(of: device))
            }
            transfer.followsEnd = operation.value != nil
            if operation.kind == .descriptorFetch(chain: true) {
                transfer.chain = chain
                transfer.chain?.left -= 1
                transfer.chain?.bytesLeft = bytesLeft
            } else if operation.value == nil {
                bytesLeft -= operation.bytes
            }
            transfers.append(transfer)
        }
        if let fault = reader.fault, chainLog.fault == nil {
            chainLog.fault = (fetch.record, fault)
        }
        devices[index].transfers.insert(contentsOf: transfers, at: device.finished + 1)
    }
}

/// Takes a descriptor apart.
private struct DescriptorReader {
    let chain: ChainState
    /// Where it is.
    let start: UInt64
    let device: Agent
    let bytes: DescriptorBytes
    /// Why the chain cannot be followed, unless old bytes are to blame: that is a driver's fault, and a finding.
    private(set) var fault: ChainLog.Fault?
    /// Whether some field was not what a core stored there last.
    private var isStale = false

    init(chain: ChainState, start: UInt64, device: Agent, bytes: DescriptorBytes) {
        self.chain = chain
        self.start = start
        self.device = device
        self.bytes = bytes
        isStale = chain.layout.fields.contains {
            let (seen, newest) = bytes.number($0, of: device)
            return $0.role != .status
                && seen.map($0.meaning) != newest.map($0.meaning)
        }
    }

    /// What the engine does: a transfer, the status, the next fetch, as far as the descriptor has them.
    mutating func operations() -> [DeviceOperation] {
        // An engine that finds what nobody knows stops: nothing can be said of what it would do.
        var said: [DescriptorLayout.Role: UInt64] = [:]
        for field in chain.layout.fields where field.role != .status {
            guard let number = bytes.number(field, of: device).seen else {
                if !isStale { fault = .unknown(field.role, address: start &+ UInt64(field.offset)) }
                return []
            }
            said[field.role] = field.meaning(of: number)
        }
        guard said[.own] ?? 1 == 1 else { return [] }
        var result: [DeviceOperation] = []
        let length = said[.length] ?? 0
        if length > 0 {
            guard let transfer = transfer(said, length) else { return [] }
            result.append(transfer)
        }
        if let status = chain.layout[.status] {
            result.append(
                DeviceOperation(
                    .write, at: Operand(start &+ UInt64(status.offset)),
                    bytes: UInt64(status.bytes), value: status.value))
        }
        if let next = next(said) {
            result.append(
                DeviceOperation(
                    .descriptorFetch(chain: true), at: Operand(next),
                    bytes: UInt64(chain.layout.size)))
        }
        return result
    }

    private mutating func transfer(
        _ said: [DescriptorLayout.Role: UInt64], _ length: UInt64
    ) -> DeviceOperation? {
        for role in [DescriptorLayout.Role.source, .destination] {
            guard let address = said[role] else { continue }
            guard length <= chain.bytesLeft, ChainLog.isInRange(address, length) else {
                if !isStale { fault = .range(start: address, bytes: length) }
                return nil
            }
        }
        let source = said[.source].map { Operand($0) }
        guard let destination = said[.destination] else {
            return DeviceOperation(.read, at: source ?? Operand(0), bytes: length)
        }
        var write = DeviceOperation(.write, at: Operand(destination), bytes: length)
        write.source = source
        return write
    }

    /// Where the next descriptor is; nil: this was the last.
    private mutating func next(_ said: [DescriptorLayout.Role: UInt64]) -> UInt64? {
        guard said[.last] != 1 else { return nil }
        let next =
            said[.wrap] == 1 ? chain.first : said[.next] ?? start &+ UInt64(chain.layout.size)
        guard next != 0 || said[.next] == nil || said[.wrap] == 1 else { return nil }
        guard chain.left > 0 else {
            if !isStale { fault = .endless(limit: chain.limit) }
            return nil
        }
        guard ChainLog.isInRange(next, UInt64(chain.layout.size)) else {
            if !isStale { fault = .range(start: next, bytes: UInt64(chain.layout.size)) }
            return nil
        }
        return next
    }
}
