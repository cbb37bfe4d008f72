import Events
import MemoryModel
import Operations
import Quantities

// A difference in words.

extension ReferenceDifference {
    /// What differs, a line each: a few events before, and what each model tells then.
    var outcome: [String] {
        let end = step == world.steps.count
        var lines = [
            "the two models tell different things \(end ? "at the end" : "in step \(step + 1)"):"
        ]
        if let place {
            for at in max(0, place - 3)..<place { lines.append("  both      \(model[at].words)") }
            for event in model.dropFirst(place).prefix(4) {
                lines.append("  model     \(event.words)")
            }
            for event in reference.dropFirst(place).prefix(4) {
                lines.append("  reference \(event.words)")
            }
        }
        return lines + times.map { "  time \($0)" }
    }
}

extension RandomWorld {
    private static func hex(_ operand: Operand) -> String {
        "0x" + String(operand.address.rawValue, radix: 16)
    }

    /// The number of a record in a text as that of the step.
    static func inSteps(_ text: String) -> String {
        text.replacing(#/\brecord (\d+)/#) { "step \($0.1)" }
    }

    /// A step in words that tell all of it.
    static func words(_ step: Step) -> String {
        guard case .perform(let operation, let agent) = step else { return "\(step)" }
        let who = agent.isCore ? "core\(agent.index)" : "device\(agent.index)"
        return "\(who) \(words(operation))"
    }

    private static func words(_ operation: Operation) -> String {
        switch operation {
        case .access(let access, symbol: _, let value):
            return "\(access.kind) 0x\(String(access.address, radix: 16)) \(access.size)"
                + (access.isDependent ? " dependent" : "")
                + (value.map { " = 0x\(String($0, radix: 16))" } ?? "")
        case .run(let run):
            return "run \(run.kind) \(hex(run.start)) \(run.bytes) by \(run.size) step \(run.step)"
                + " work \(run.work)"
        case .copy(let copy):
            return "copy to \(hex(copy.destination)) from \(hex(copy.source)) \(copy.bytes)"
                + " by \(copy.size) work \(copy.work)"
        case .barrier(let barrier):
            return "\(barrier.instruction) \(barrier.domain) \(barrier.accesses)"
        case .maintenance(let maintenance):
            return "\(maintenance.instruction) \(hex(maintenance.start)) \(maintenance.bytes)"
                + " level \(maintenance.level)"
        case .environment(let event):
            return "env \(event.kind) \(hex(event.start)) \(event.bytes) \(event.target)"
        case .device(let transfer):
            return "\(transfer.kind) \(hex(transfer.start)) \(transfer.bytes)"
                + " burst \(transfer.burst ?? 0) rows \(transfer.rows)"
                + " pitch \(transfer.pitch) cycles \(transfer.cycles)"
                + (transfer.source.map { " from \(hex($0))" } ?? "")
                + (transfer.limit.map { " limit \($0)" } ?? "")
        case .setMemoryType(let start, let size, let type, let shareability):
            return "type 0x\(String(start, radix: 16)) \(size) \(type) \(shareability)"
        case .map(let mapping):
            return
                "map 0x\(String(mapping.physical, radix: 16)) at 0x\(String(mapping.start, radix: 16))"
                + " to 0x\(String(mapping.end, radix: 16)) \(mapping.type) \(mapping.shareability)"
        default: return "\(operation)"
        }
    }

    private static func cache(_ cache: CacheConfiguration?) -> String {
        guard let cache else { return "none" }
        var words = "\(cache.sets)x\(cache.ways)x\(cache.lineSize) \(cache.replacement)"
        if cache.lockedWays > 0 { words += " locked \(cache.lockedWays)" }
        if cache.index != .pipt { words += " \(cache.index)" }
        if !cache.readAllocates { words += " noReadAllocate" }
        if !cache.writeAllocates { words += " noWriteAllocate" }
        if let lines = cache.streamingLines { words += " streams \(lines)" }
        if let granule = cache.dirtyGranule { words += " granule \(granule)" }
        if !cache.criticalWordFirst { words += " wholeLine" }
        if let buffers = cache.linefillBuffers { words += " linefills \(buffers)" }
        if let buffers = cache.evictionBuffers { words += " evictions \(buffers)" }
        if let prefetch = cache.prefetch { words += " \(prefetch)" }
        return words
    }

    /// A machine in words that tell what of it differs from seed to seed.
    static func words(_ machine: MachineConfiguration) -> [String] {
        var lines = [
            "\(machine.core)", "L1D \(cache(machine.level1Data))",
            "L1I \(cache(machine.level1Instruction))",
            "buffer \(machine.storeBuffer.map { "\($0)" } ?? "none")",
        ]
        if let second = machine.level2 {
            lines.append(
                "L2 \(cache(second.cache)) \(second.inclusion) private \(second.isPrivate)"
                    + " hit \(second.cache.hitCycles) in \(second.readCyclesPerLine)"
                    + " out \(second.writeDeciCyclesPerLine)"
                    + " \(second.outer.map { "\($0)" } ?? "")")
        }
        if let third = machine.level3 {
            lines.append("L3 \(cache(third.cache)) memorySide \(third.isMemorySide)")
        }
        if machine.core.count > 1 { lines.append("\(machine.coherence)") }
        lines.append("\(machine.memory)")
        return lines.map(plain)
    }

    /// What Swift says of a value, without the names of modules and the longer ones of types.
    static func plain(_ words: String) -> String {
        words.replacing(#/Quantities\.|MemoryModel\.|Operations\.|Configuration/#, with: "")
            .replacing(#/(?:Frequency|Ticks)\(\w+: (\d+)\)/#) { "\($0.1)" }
            .replacing(#/Optional\((.*?)\)/#) { "\($0.1)" }
    }
}
