import Operations
import Quantities

extension LineParser {
    /// `dc cvac|civac|ivac|cvau|zva ADDRESS [BYTES]`, `dc csw|cisw|isw [LEVEL]`.
    mutating func parseDataCache(agent: Agent) throws(NativeFault) {
        let instruction = try takeOne(
            of: Vocabulary.dataCache, "cvac, civac, ivac, cvau, zva, csw, cisw or isw")
        if instruction.isByAddress {
            return try parseLines(instruction, agent: agent)
        }
        let hasLevel = isNumberNext
        let level = hasLevel ? try number("a cache level", in: 1...NativeLimits.cacheLevel) : 0
        try append(
            .maintenance(Maintenance(instruction, level: UInt8(level))), by: agent,
            options: hasLevel ? "" : "a cache level (1 to \(NativeLimits.cacheLevel)), ")
    }

    /// `ic ivau ADDRESS [BYTES]`, `ic iallu`, `ic ialluis`.
    mutating func parseInstructionCache(agent: Agent) throws(NativeFault) {
        let instruction = try takeOne(of: Vocabulary.instructionCache, "ivau, iallu or ialluis")
        if instruction.isByAddress {
            return try parseLines(instruction, agent: agent)
        }
        try append(.maintenance(Maintenance(instruction)), by: agent)
    }

    /// `l2 clean|inv|flush ADDRESS BYTES`, `l2 flushway|invway|sync`.
    mutating func parseOuterCache(agent: Agent) throws(NativeFault) {
        let instruction = try takeOne(
            of: Vocabulary.outerCache, "clean, inv, flush, flushway, invway or sync")
        guard instruction.isByAddress else {
            return try append(.maintenance(Maintenance(instruction)), by: agent)
        }
        let start = try address()
        let bytes = try size(from: start.address.rawValue)
        try append(.maintenance(Maintenance(instruction, at: start, bytes: bytes)), by: agent)
    }

    /// `ADDRESS [BYTES]`.
    private mutating func parseLines(
        _ instruction: Maintenance.Instruction, agent: Agent
    ) throws(NativeFault) {
        let start = try address()
        let hasBytes = isNumberNext
        let bytes = hasBytes ? try size(from: start.address.rawValue) : 0
        try append(
            .maintenance(Maintenance(instruction, at: start, bytes: bytes)), by: agent,
            options: hasBytes ? "" : "a size (decimal or 0x hex, suffix K, M or G), ")
    }
}
