import Hazards
import MemoryModel
import Operations
import Traces

extension Setup {
    /// What of this trace on this machine a search through schedules leaves out, in words; `docs/proof.md` has the list.
    ///
    /// - Parameter lowered: It, lowered for the machine.
    /// - Returns: what is left out; empty: nothing.
    /// - Throws: if the DMA API cannot be lowered for the machine.
    func unsearched(
        _ lowered: LoweredProgram
    ) throws(TraceErrors) -> [String] {
        var result: [String] = []
        if try bouncedBytes() != nil {
            result.append("copies from and to bounce buffers that are missing (H24)")
        }
        if program.devices.contains(where: \.isPosted) {
            result.append("writes that a bridge holds back behind the interrupt (H39)")
        }
        if hasRegisterReads { result.append("loads that perform before a register is read (H07)") }
        let polls = LatentStream.polls(lowered.steps, profile: lowered.profile, map: lowered.map)
        if !polls.isEmpty {
            result.append("polls that never end, which read no wrong byte (H38)")
        }
        if hasCopiesByAddress {
            result.append("lines that a cache keeps under several addresses (H25)")
        }
        if !machine.errata.isEmpty { result.append("the errata of this machine (H29)") }
        return result
    }

    private var hasRegisterReads: Bool {
        let isLinux = if case .linux = kernel { true } else { false }
        let registers = program.devices.map(\.effectiveRegisters)
        return program.statements.contains { statement in
            switch statement.body {
            // The kernel's readl() has a barrier, a bare-metal one has none.
            case .operation(_, .accessor(let accessor)):
                accessor.function == .readlRelaxed
                    || !isLinux && !accessor.function.isWrite
            case .operation(_, .access(let access, _, _)):
                access.kind == .load && registers.contains { $0.contains(access.address) }
            default: false
            }
        }
    }

    /// Whether L1 may keep a byte twice: it finds lines by virtual address, and the trace has two that are cached.
    private var hasCopiesByAddress: Bool {
        machine.level1Data?.hasSynonyms == true
            && program.declarations.contains {
                if case .alias(_, _, _, let type, _) = $0 { type.isCacheable } else { false }
            }
    }
}
