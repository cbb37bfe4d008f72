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
    private static let page: UInt64 = 4096

    /// The buffers in it, in order of their addresses; not empty.
    var buffers: [TransferBuffer]
    /// Where the last one ends.
    var end: UInt64

    /// Where the first page begins.
    var start: UInt64 { buffers[0].start & ~(Self.page - 1) }

    /// The end of the page of the byte before an address.
    static func pageEnd(_ address: UInt64) -> UInt64 { (address + page - 1) & ~(page - 1) }

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
        var isWrite: Bool
    }
    var parts: [Part] = []

    mutating func add(_ operation: DeviceOperation, _ device: Agent) {
        let start = operation.start.address.rawValue
        let isWrite = operation.kind == .write
        for index in parts.indices.suffix(64)
        where parts[index].device == device && parts[index].isWrite == isWrite {
            let part = parts[index]
            // Pieces of one transfer that touch are one mapping.
            if start <= part.start &+ part.size, part.start <= start &+ operation.extent {
                let end = max(part.start &+ part.size, start &+ operation.extent)
                parts[index].start = min(part.start, start)
                parts[index].size = end - parts[index].start
                return
            }
        }
        parts.append(Part(start: start, size: operation.extent, device: device, isWrite: isWrite))
    }
}

/// A program as transfers: which buffers, and which statement sets off what.
struct LiftedProgram {
    let program: Program
    /// The buffers, in order of their addresses.
    private(set) var buffers: [TransferBuffer] = []
    /// What an allocator has to give for them.
    private(set) var allocations: [Allocation] = []
    /// What a doorbell, or a device statement without one, sets off: by the statement's index.
    private(set) var handOvers: [Int: HandOver] = [:]
    /// The hand-overs that a wait, or a device statement without a doorbell, completes: by the statement's index.
    private(set) var completions: [Int: HandOver] = [:]

    init(_ program: Program) {
        self.program = program
        collectBuffers()
        allocations = Allocation.covering(buffers)
        collectHandOvers()
    }

    private mutating func collectBuffers() {
        var found: [TransferBuffer] = []
        for statement in program.statements {
            guard case .operation(let agent, .device(let both)) = statement.body, both.bytes > 0
            else { continue }
            for operation in [both, both.readSide].compactMap({ $0 }) {
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
        var open: [Agent: Int] = [:]
        for (index, statement) in program.statements.enumerated() {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            switch operation {
            case .ring(let device): open[device] = index
            case .accessor(let accessor) where accessor.function.isWrite:
                open[accessor.device] = index
            case .device(let work) where work.bytes > 0:
                let start = open[agent] ?? index
                handOvers[start, default: HandOver()].add(work, agent)
                if let read = work.readSide { handOvers[start]?.add(read, agent) }
                if open[agent] == nil { completions[index] = handOvers[start] }
            case .wait(let device):
                guard let start = open[device] else { continue }
                completions[index] = handOvers[start]
                // What the device does after this without a new doorbell is a hand-over of its own.
                open[device] = index
            default: break
            }
        }
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
}
