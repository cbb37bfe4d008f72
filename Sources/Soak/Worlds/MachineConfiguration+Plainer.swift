import MemoryModel

extension MachineConfiguration {
    /// The same machine with a part left out, or a part of it plainer: those that can be.
    ///
    /// - Parameter cores: How many cores the program needs.
    /// - Returns: the plainer machines, the largest parts first.
    func plainer(cores: Int) -> [MachineConfiguration] {
        var result: [MachineConfiguration] = []
        func add(_ change: (inout MachineConfiguration) -> Void) {
            var machine = self
            change(&machine)
            // What cannot be is no machine, and what does not change is not plainer.
            if machine != self, let sound = machine.checked { result.append(sound) }
        }
        if core.count > cores { add { $0.core.count = cores } }
        add { $0.level3 = nil }
        add { $0.level2 = nil }
        add { $0.level1Instruction = nil }
        add { $0.level1Data = nil }
        add { $0.storeBuffer = nil }
        add { $0.core.tlb = nil }
        add { $0.core.uncachedReadBytes = nil }
        add { $0.core.uncachedBurstBytes = nil }
        add { $0.core.invalidateCleans = false }
        add { $0.core.windowCycles = 0 }
        add { $0.core.outstandingMisses = 1 }
        add { $0.core.outstandingUncached = 1 }
        add { $0.costs.maintenanceResponse = .zero }
        add { $0.memory.banks = nil }
        add { $0.memory.onChip = [] }
        add { $0.memory.writeBytesPerSecond = nil }
        add { $0.level2?.outer = nil }
        add { $0.level2?.isPrivate = false }
        add { $0.level2?.inclusion = .none }
        add { $0.level2?.readCyclesPerLine = 0 }
        add { $0.level2?.writeDeciCyclesPerLine = 0 }
        addOuter(add)
        add { $0.storeBuffer?.entries = 1 }
        add { $0.storeBuffer?.highWater = nil }
        add { $0.storeBuffer?.drainCycles = nil }
        add { $0.storeBuffer?.drainedBy = [] }
        for path in [\MachineConfiguration.level1Data, \.level1Instruction] {
            addCache(add, { change in { machine in machine[keyPath: path].change(change) } })
        }
        addCache(add, { change in { machine in machine.level2.change { change(&$0.cache) } } })
        addCache(add, { change in { machine in machine.level3.change { change(&$0.cache) } } })
        return result
    }

    private typealias Adding = ((inout MachineConfiguration) -> Void) -> Void

    private func addOuter(_ add: Adding) {
        add { $0.level2?.outer?.lineReadBuffers = nil }
        add { $0.level2?.outer?.doublesLinefills = false }
        add { $0.level2?.outer?.erratum588369 = false }
        add { $0.level2?.outer?.erratum753970 = false }
        add { $0.level2?.outer?.erratum727915 = false }
        add { $0.level2?.outer?.erratum752271 = false }
        add { $0.level2?.outer?.overridesShared = true }
        add { $0.level2?.outer?.tagLatencyCycles = 0 }
        add { $0.level2?.outer?.dataLatencyCycles = 0 }
        add { $0.level2?.outer?.storeBufferDrainCycles = nil }
        add { $0.level2?.outer?.storeBufferEntries = 1 }
    }

    private func addCache(
        _ add: Adding,
        _ at: (@escaping (inout CacheConfiguration) -> Void) -> (inout MachineConfiguration) -> Void
    ) {
        add(at { $0.prefetch = nil })
        add(at { $0.lockedWays = 0 })
        add(at { $0.dirtyGranule = nil })
        add(at { $0.criticalWordFirst = true })
        add(at { $0.linefillBuffers = nil })
        add(at { $0.evictionBuffers = nil })
        add(at { $0.streamingLines = nil })
        add(at { $0.readAllocates = true })
        add(at { $0.writeAllocates = true })
        add(at { $0.index = .pipt })
        add(at { $0.replacement = .lru })
        add(
            at { cache in
                // Half the sets, then half the ways.
                if cache.sets > 1 {
                    cache.size /= 2
                } else if cache.ways > 1 {
                    cache.size = UInt64(cache.ways / 2 * cache.lineSize)
                    cache.ways /= 2
                }
            })
    }

    /// The machine, if it can be.
    private var checked: MachineConfiguration? {
        try? MachineConfiguration(
            name: name, architecture: architecture, core: core,
            level1Instruction: level1Instruction, level1Data: level1Data, storeBuffer: storeBuffer,
            level2: level2, level3: level3, memory: memory, costs: costs, ports: ports,
            software: software, coherence: coherence)
    }
}

extension Optional {
    /// Changes what is there, if something is.
    fileprivate mutating func change(_ body: (inout Wrapped) -> Void) {
        guard var value = self else { return }
        body(&value)
        self = value
    }
}
