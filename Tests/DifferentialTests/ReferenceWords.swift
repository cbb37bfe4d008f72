import Events
import MemoryModel
import Operations
import Quantities

// A difference in words.

extension ReferenceDifference: CustomStringConvertible {
    var description: String {
        var lines = ["seed \(world.seed)", "machine \(Self.machine(world.configuration))"]
        for mapping in world.mappings {
            lines.append(
                "map \(hex(mapping.start)) -> \(hex(mapping.physical)) \(mapping.type.name)"
                    + " \(mapping.shareability.name)")
        }
        for (index, device) in world.devices.enumerated() {
            let port = device.port
            lines.append(
                "device\(index) \(port.name) \(port.widthBytes)x\(port.burstBeats)"
                    + " out \(port.outstanding) snoops \(port.snoops) \(port.snoopRule)"
                    + " \(device.attributes) sizes \(port.sizes)"
                    + " fifo \(String(describing: port.fifoBytes)) allocates \(port.allocates)"
                    + " reads \(device.readPort?.name ?? "there")"
                    + (port.engine.map { " \($0)" } ?? ""))
        }
        if let layout = world.layout { lines.append("\(layout)") }
        for (index, step) in world.steps.prefix(self.step + 1).enumerated() {
            lines.append("  \(index + 1). \(Self.words(step))")
        }
        if step == world.steps.count { lines.append("  finish") }
        if let place {
            for at in max(0, place - 3)..<place { lines.append("  both      \(words(model[at]))") }
            for event in model.dropFirst(place).prefix(4) {
                lines.append("  model     \(words(event))")
            }
            for event in reference.dropFirst(place).prefix(4) {
                lines.append("  reference \(words(event))")
            }
        }
        return (lines + times.map { "  time \($0)" }).joined(separator: "\n")
    }

    /// What two differences have alike if they are likely the same.
    var signature: String {
        guard let place else {
            return "time " + times.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
        }
        guard place < model.count, place < reference.count else {
            return place < model.count
                ? "only model \(model[place].kind)" : "only reference \(reference[place].kind)"
        }
        let (left, right) = (model[place], reference[place])
        if left.kind != right.kind { return "\(left.kind) or \(right.kind)" }
        var fields: [String] = []
        if left.tick != right.tick { fields.append("tick") }
        if left.address != right.address { fields.append("address") }
        if left.size != right.size { fields.append("size") }
        if left.detail != right.detail { fields.append("detail") }
        if left.agent != right.agent { fields.append("agent") }
        if left.place != right.place { fields.append("place") }
        if left.other != right.other { fields.append("other") }
        if left.record != right.record { fields.append("record") }
        return "\(left.kind): \(fields.joined(separator: " "))"
    }

    private func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }

    private func words(_ event: Event) -> String {
        "\(event.tick.rawValue) \(event.kind) agent \(event.agent.rawValue)"
            + " place \(event.place.name) other \(event.other) \(hex(event.address))"
            + " size \(event.size) detail \(event.detail) record \(event.record)"
    }

    private static func hex(_ operand: Operand) -> String {
        "0x" + String(operand.address.rawValue, radix: 16)
    }

    static func words(_ step: RandomWorld.Step) -> String {
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

    private static func machine(_ machine: MachineConfiguration) -> String {
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
        lines.append("\(machine.memory.banks.map { "\($0)" } ?? "")")
        return lines.joined(separator: "\n  ")
            .replacing("Configuration", with: "")
    }
}
