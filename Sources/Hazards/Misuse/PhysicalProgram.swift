import Operations
import Quantities

/// A program's operations at physical addresses: what aliases and further mappings of allocations name is the same bytes.
struct PhysicalProgram {
    private var map: MemoryMap
    /// Whether every address means the bytes that are there.
    let isIdentity: Bool

    /// Finds the further mappings that a program's calls make.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - map: What its declarations say of addresses.
    /// - Complexity: O(statements).
    init(_ program: Program, map: MemoryMap) {
        self.map = map
        var allocations: [HandleID: UInt64] = [:]
        for case .operation(_, .dma(let call)) in program.statements.lazy.map(\.body) {
            guard let place = call.segments.first, place.size > 0 else { continue }
            let start = place.start.address.rawValue
            if call.function.allocates {
                allocations[call.handle] = map.physical(of: start)
            } else if call.function.mapsAllocation, let source = allocations[call.handle] {
                self.map.insert(
                    MemoryMapping(
                        start: start, end: lastByte(start, place.size) &+ 1,
                        physical: source &+ (call.offset ?? 0), type: .writeBack,
                        shareability: .innerShareable))
            }
        }
        isIdentity = self.map.mappings.allSatisfy { $0.start == $0.physical }
    }

    /// An operation at the physical addresses of its first bytes.
    func located(_ operation: Operation) -> Operation {
        guard !isIdentity else { return operation }
        switch operation {
        case .access(var access, let symbol, let value):
            access.address = map.physical(of: access.address)
            return .access(access, symbol: symbol, value: value)
        case .run(var run):
            run.start = located(run.start)
            return .run(run)
        case .copy(var copy):
            copy.source = located(copy.source)
            copy.destination = located(copy.destination)
            return .copy(copy)
        case .maintenance(var item):
            item.start = located(item.start)
            return .maintenance(item)
        case .device(var device):
            device.start = located(device.start)
            device.source = device.source.map(located)
            return .device(device)
        case .dma(var call) where !call.function.mapsAllocation:
            call.segments = call.segments.map {
                DMACall.Segment(at: located($0.start), size: $0.size)
            }
            return .dma(call)
        default: return operation
        }
    }

    /// The physical address of an address.
    func located(_ address: UInt64) -> UInt64 { isIdentity ? address : map.physical(of: address) }

    private func located(_ place: Operand) -> Operand {
        let address = place.address.rawValue
        let physical = map.physical(of: address)
        return physical == address ? place : Operand(physical)
    }
}
