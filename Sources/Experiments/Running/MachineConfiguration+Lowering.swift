import DMAMapping
import MemoryModel

extension MachineConfiguration {
    /// What decides how the DMA API is lowered on this machine.
    ///
    /// - Parameter kernel: The kernel, or none.
    /// - Returns: the profile.
    /// - Throws: ``LoweringProfileFaults`` if the machine names routines that its cores do not have.
    public func loweringProfile(
        kernel: KernelEra
    ) throws(LoweringProfileFaults) -> LoweringProfile {
        try LoweringProfile(
            architecture: loweringArchitecture, kernel: kernel, inner: software.cacheRoutines,
            innerLineSize: UInt64(dataLineSize), innerCacheSize: level1Data?.size,
            outer: level2.flatMap { level in
                level.outer.map {
                    LoweringProfile.Outer($0.routines, lineSize: UInt64(level.cache.lineSize))
                }
            },
            callCycles: UInt64(software.callCycles))
    }

    private var loweringArchitecture: LoweringProfile.Architecture {
        switch architecture {
        case .arm32v5: .arm32v5
        case .arm32v6: .arm32v6
        case .arm32v7: .arm32v7
        case .arm64: .arm64
        case .armv7m: .armv7m
        }
    }
}

extension MachineConfiguration {
    /// The line size that its kernel is built for (`L1_CACHE_BYTES`), in bytes.
    ///
    /// 64 on arm64 and where ARMv7 is built in, 32 before. (linux-dma.md §1.3; Assumption: 64 in all eras of arm64)
    var kernelLineSize: UInt64 {
        switch architecture {
        case .arm64, .arm32v7: 64
        default: 32
        }
    }
}

extension MachineConfiguration {
    /// The machine as its kernel sets it up: what a board's boot loader leaves to the kernel is done.
    func running(_ kernel: KernelEra) -> MachineConfiguration {
        guard case .linux(let version) = kernel,
            let first = level2?.outer?.sharedOverrideKernel,
            case .linux(let known)? = try? KernelEra(parsing: first), version >= known
        else { return self }
        var machine = self
        machine.level2?.outer?.overridesShared = true
        return machine
    }
}
