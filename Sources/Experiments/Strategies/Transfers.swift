import DMAMapping
import Operations
import Quantities
import Traces

// Lifting: a trace's buffers, and the points at which they change hands, without the operations that its own
// strategy needed. A transfer is what a device does between a doorbell and the observation of its completion.

/// A buffer that devices touch.
struct TransferBuffer: Hashable {
    /// Its name for errors and new symbols.
    var name: String
    var start: UInt64
    var size: UInt64
    /// The device that touches it first.
    var device: Agent
    var isRead: Bool
    var isWritten: Bool

    /// The direction that a mapping of it needs.
    var direction: DMADirection {
        isRead ? (isWritten ? .bidirectional : .toDevice) : .fromDevice
    }

    func contains(_ address: UInt64) -> Bool { address >= start && address - start < size }
}

/// What an allocator gives for buffers that share pages: whole pages.
struct Allocation: Hashable {
    /// The buffers in it, in order of their addresses; not empty.
    var buffers: [TransferBuffer]
    /// Where the last one ends.
    var end: UInt64

    /// Where the first page begins.
    var start: UInt64 { buffers[0].start & ~(Lowering.pageSize - 1) }

    /// The end of the page of the byte before an address.
    static func pageEnd(_ address: UInt64) -> UInt64 {
        (address + Lowering.pageSize - 1) & ~(Lowering.pageSize - 1)
    }

    /// The fewest allocations that hold all buffers, which are in order of their addresses and apart.
    static func covering(_ buffers: [TransferBuffer]) -> [Allocation] {
        var result: [Allocation] = []
        for buffer in buffers {
            let end = buffer.start + buffer.size
            if let last = result.indices.last, buffer.start < pageEnd(result[last].end) {
                result[last].buffers.append(buffer)
                result[last].end = end
            } else {
                result.append(Allocation(buffers: [buffer], end: end))
            }
        }
        return result
    }
}

/// What one doorbell sets off: the ranges of buffers that devices touch before completion is observed.
struct HandOver: Hashable {
    /// A range of one buffer, with the way its data goes.
    struct Part: Hashable {
        var start: UInt64
        var size: UInt64
        var device: Agent
        var isRead: Bool
        var isWrite: Bool
        /// Where the buffer begins that it lies in.
        var buffer: UInt64
        /// How many bytes the driver has for it from `start` on: it does not know beforehand how much a device writes.
        var room: UInt64 = 0

        var end: UInt64 { start &+ size }

        /// The direction that a mapping of it needs.
        var direction: DMADirection {
            isRead ? (isWrite ? .bidirectional : .toDevice) : .fromDevice
        }

        /// The range that a driver hands over.
        var mapped: (start: UInt64, size: UInt64) { (start, isWrite ? max(room, size) : size) }
    }
    var parts: [Part] = []

    /// Adds what a device does in a buffer.
    mutating func add(_ operation: DeviceOperation, _ device: Agent, in buffer: UInt64) {
        let start = operation.start.address.rawValue
        let isWrite = operation.kind == .write
        let end = start &+ operation.extent
        for index in parts.indices.suffix(64)
        where parts[index].device == device && parts[index].buffer == buffer {
            let part = parts[index]
            // Pieces of one transfer that touch are one mapping, and so is what goes both ways.
            let touches =
                part.isWrite == isWrite
                ? start <= part.end && part.start <= end : start < part.end && part.start < end
            guard touches else { continue }
            let last = max(part.end, end)
            parts[index].start = min(part.start, start)
            parts[index].size = last - parts[index].start
            parts[index].isRead = part.isRead || !isWrite
            parts[index].isWrite = part.isWrite || isWrite
            return
        }
        parts.append(
            Part(
                start: start, size: operation.extent, device: device, isRead: !isWrite,
                isWrite: isWrite, buffer: buffer))
    }
}

/// A program as transfers: which buffers, and which statement sets off what.
struct LiftedProgram {
    let program: Program
    /// Memory that holds the same under every strategy: descriptors, not data.
    let fixed: [Range<UInt64>]
    /// The buffers, in order of their addresses.
    private(set) var buffers: [TransferBuffer] = []
    /// What an allocator has to give for them.
    private(set) var allocations: [Allocation] = []
    /// What a doorbell, or a device statement without one, sets off: by the statement's index.
    private(set) var handOvers: [Int: HandOver] = [:]
    /// The hand-overs that a wait, or a device statement without a doorbell, completes: by the statement's index.
    private(set) var completions: [Int: HandOver] = [:]
    /// The statement that sets off a device statement, by the latter's index.
    private(set) var causes: [Int: Int] = [:]
    /// What cores touch of the buffers.
    private(set) var uses = BufferUses()
    /// How many transfers the program makes, loops unrolled, and of how many bytes.
    private(set) var transfers: UInt64 = 0
    /// See ``transfers``.
    private(set) var payload: UInt64 = 0

    init(_ program: Program) {
        self.program = program
        fixed = program.fixedRegions + program.descriptorAllocations
        collectBuffers()
        allocations = Allocation.covering(buffers)
        collectHandOvers()
        setRooms()
        countTransfers()
        uses = BufferUses(program, parts: Array(Set(handOvers.values.flatMap(\.parts))))
    }

    private mutating func collectBuffers() {
        var found: [TransferBuffer] = []
        for statement in program.statements {
            guard case .operation(let agent, .device(let both)) = statement.body, both.bytes > 0
            else { continue }
            for operation in [both, both.readSide].compactMap({ $0 })
            where !operation.isWithin(fixed) {
                found.append(buffer(of: operation, agent))
            }
        }
        merge(found)
    }

    /// The buffer that an operation works in, by its name where it has one.
    private func buffer(of operation: DeviceOperation, _ agent: Agent) -> TransferBuffer {
        let start = operation.start.address.rawValue
        var buffer = TransferBuffer(
            name: "0x\(String(start, radix: 16))", start: start, size: operation.extent,
            device: agent,
            isRead: operation.kind != .write, isWritten: operation.kind == .write)
        if let symbol = program.symbols[operation.start.symbol], symbol.kind == .buffer,
            start >= symbol.address, start - symbol.address < symbol.size
        {
            buffer.name = symbol.name
            buffer.start = symbol.address
            buffer.size = max(symbol.size, start - symbol.address + operation.extent)
        }
        return buffer
    }

    private mutating func merge(_ found: [TransferBuffer]) {
        for buffer in found.sorted(by: { ($0.start, $0.size) < ($1.start, $1.size) }) {
            guard let last = buffers.indices.last,
                buffer.start < buffers[last].start &+ buffers[last].size
            else {
                buffers.append(buffer)
                continue
            }
            let end = max(buffers[last].start &+ buffers[last].size, buffer.start &+ buffer.size)
            buffers[last].size = end - buffers[last].start
            buffers[last].isRead = buffers[last].isRead || buffer.isRead
            buffers[last].isWritten = buffers[last].isWritten || buffer.isWritten
        }
    }

    private mutating func collectHandOvers() {
        // A device's hand-overs that no wait has completed, the one that its work belongs to last.
        var open: [Agent: [Int]] = [:]
        for (index, statement) in program.statements.enumerated() {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            switch operation {
            case .ring(let device): open[device, default: []].append(index)
            case .accessor(let accessor) where accessor.function.isWrite:
                open[accessor.device, default: []].append(index)
            case .device(let work) where work.bytes > 0:
                let sides = [work, work.readSide].compactMap { $0 }.filter { !$0.isWithin(fixed) }
                guard !sides.isEmpty else { continue }
                let start = open[agent]?.last ?? index
                causes[index] = start
                for side in sides {
                    let buffer = buffer(at: side.start.address.rawValue)?.start ?? 0
                    handOvers[start, default: HandOver()].add(side, agent, in: buffer)
                }
                if open[agent] == nil { completions[index] = handOvers[start] }
            case .wait(let device):
                guard let starts = open[device] else { continue }
                var parts: [HandOver.Part] = []
                var seen: Set<HandOver.Part> = []
                for part in starts.flatMap({ handOvers[$0]?.parts ?? [] })
                where seen.insert(part).inserted { parts.append(part) }
                if !parts.isEmpty { completions[index] = HandOver(parts: parts) }
                // What the device does after this without a new doorbell is a hand-over of its own.
                open[device] = [index]
            default: break
            }
        }
    }

    /// Says of each part how much room the driver has for it: up to the next transfer's place in its buffer.
    private mutating func setRooms() {
        var starts: [UInt64: Set<UInt64>] = [:]
        for part in handOvers.values.flatMap(\.parts) {
            starts[part.buffer, default: []].insert(part.start)
        }
        let sorted = starts.mapValues { $0.sorted() }
        func withRooms(_ handOver: HandOver) -> HandOver {
            var result = handOver
            for index in result.parts.indices {
                let part = result.parts[index]
                guard let buffer = buffer(at: part.start) else { continue }
                let next = sorted[part.buffer]?.first { $0 >= part.end }
                result.parts[index].room =
                    min(buffer.start &+ buffer.size, next ?? .max) &- part.start
            }
            return result
        }
        handOvers = handOvers.mapValues(withRooms)
        completions = completions.mapValues(withRooms)
    }

    private mutating func countTransfers() {
        var multiples: [UInt64] = [1]
        for (index, statement) in program.statements.enumerated() {
            switch statement.body {
            case .repeatBegin(let count):
                multiples.append((multiples.last ?? 1).multipliedReportingOverflow(by: count).0)
            case .spanBegin: multiples.append(multiples.last ?? 1)
            case .end: if multiples.count > 1 { multiples.removeLast() }
            case .operation:
                guard let parts = handOvers[index]?.parts else { continue }
                let multiple = multiples.last ?? 1
                transfers &+= multiple &* UInt64(parts.count)
                payload &+= multiple &* parts.reduce(0) { $0 &+ $1.size }
            default: break
            }
        }
    }

    /// The part of its hand-over that a device statement's bytes at an address are in.
    func part(of index: Int, at address: UInt64) -> HandOver.Part? {
        guard let cause = causes[index], let parts = handOvers[cause]?.parts else { return nil }
        return parts.first { address >= $0.start && address < $0.end }
    }

    /// The buffer that holds an address.
    ///
    /// - Complexity: O(log *n*); buffers are ascending and apart.
    func buffer(at address: UInt64) -> TransferBuffer? {
        var low = 0
        var high = buffers.count
        while low < high {
            let middle = (low + high) / 2
            if buffers[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, buffers[low - 1].contains(address) else { return nil }
        return buffers[low - 1]
    }

    /// Whether a statement allocates memory that holds the same under every strategy.
    func keeps(_ statement: Statement) -> Bool {
        guard case .operation(_, .dma(let call)) = statement.body, call.function.makesHandle,
            call.pool == .none, let segment = call.segments.first
        else { return false }
        let start = segment.start.address.rawValue
        return Program.allocators.contains(call.function)
            && fixed.contains { $0.lowerBound == start }
    }

    /// The allocation that holds an address.
    func allocation(at address: UInt64) -> Allocation? {
        allocations.first { $0.start <= address && address < Allocation.pageEnd($0.end) }
    }
}

extension DeviceOperation {
    /// Whether all its bytes are in one of some ranges.
    fileprivate func isWithin(_ ranges: [Range<UInt64>]) -> Bool {
        let first = start.address.rawValue
        return ranges.contains { $0.contains(first) && $0.upperBound - first >= extent }
    }
}

extension Program {
    /// Calls that allocate uncached memory.
    fileprivate static let allocators: Set<DMACall.Function> = [
        .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs,
    ]

    /// What the trace itself declares as memory that no cache holds.
    fileprivate var fixedRegions: [Range<UInt64>] {
        declarations.compactMap { declaration in
            guard case .region(_, let start, let size, let type, _) = declaration, size > 0,
                !type.isCacheable
            else { return nil }
            return start..<start &+ size
        }
    }

    /// What the trace allocates uncached, and a device fetches descriptors from.
    fileprivate var descriptorAllocations: [Range<UInt64>] {
        let fetched = statements.compactMap { statement -> UInt64? in
            guard case .operation(_, .device(let work)) = statement.body,
                case .descriptorFetch = work.kind
            else { return nil }
            return work.start.address.rawValue
        }
        return statements.compactMap { statement in
            guard case .operation(_, .dma(let call)) = statement.body,
                Self.allocators.contains(call.function), let segment = call.segments.first,
                segment.size > 0
            else { return nil }
            let start = segment.start.address.rawValue
            let range = start..<start &+ segment.size
            return fetched.contains(where: range.contains) ? range : nil
        }
    }
}
