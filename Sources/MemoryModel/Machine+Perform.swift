import Events
import Operations
import Quantities

extension Machine where P: ~Copyable {
    /// Performs one operation.
    ///
    /// - Parameters:
    ///   - operation: What is asked. Calls of the DMA API, kernel barriers and accessors must be lowered first.
    ///   - agent: Who asks: a core, or for `Operation.device(_:)` an attached device.
    ///   - record: The number of its statement.
    /// - Precondition: the agents exist in this machine, and the operation needs no lowering.
    /// - Complexity: O(lines or accesses that it names).
    public mutating func perform(_ operation: Operation, by agent: Agent, record: UInt32) {
        self.record = record
        switch operation {
        case .access(let access, _, let value):
            var access = access
            access.agent = agent
            if let descriptorBytes { descriptorBytes.begin(value, bytes: UInt64(access.size)) }
            performSlowly(access, record: record)
            tellTimes()
        case .run(let run):
            if let descriptorBytes { descriptorBytes.begin(nil, bytes: 0) }
            performRun(run, agent)
            tellTimes()
        case .copy(let copy):
            performCopy(copy, agent)
            tellTimes()
        case .setMemoryType:
            for mapping in map.mappings(madeBy: operation) { declare(mapping) }
        case .map(let mapping): declare(mapping)
        case .device(let operation):
            tellTimes()
            performDevice(operation, agent)
            closeFastPath()
        case .environment(let event):
            tellTimes()
            performEnvironment(event)
            tellTimes()
            closeFastPath()
        default: performInstruction(operation, agent.index)
        }
        checkLaws()
    }

    private mutating func performInstruction(_ operation: Operation, _ core: Int) {
        issue(core)
        // What maintenance stores, `dc zva`, is zeros, which nobody takes for a descriptor's.
        if let descriptorBytes { descriptorBytes.begin(nil, bytes: 0) }
        switch operation {
        case .work(let cycles): spend(core, cycles &* period, on: .work)
        case .barrier(let barrier): performBarrier(barrier, core)
        case .maintenance(let operation): performMaintenance(operation, core)
        case .ring(let device): ring(device, by: core)
        case .wait(let device): wait(for: device, by: core)
        default: preconditionFailure("\(operation) must be lowered before a machine performs it")
        }
        tellTimes(core)
        openFastPath(for: core)
    }

    private mutating func performRun(_ run: AccessRun, _ agent: Agent) {
        var access = MemoryAccess(
            run.kind, at: run.start.address.rawValue, size: run.size, agent: agent)
        guard run.work > 0 else { return performBlocks(run, access) }
        for index in 0..<run.count {
            access.size = run.size(at: index)
            performOne(&access)
            work(agent.index, run.work)
            access.address &+= run.step
        }
    }

    /// Performs a run without work in blocks, so that the fast path keeps its stride.
    private mutating func performBlocks(_ run: AccessRun, _ first: MemoryAccess) {
        var access = first
        var done: UInt64 = 0
        while done < run.count {
            let block = Int(min(UInt64(scratch.count), run.count &- done))
            for index in 0..<block {
                access.size = run.size(at: done &+ UInt64(index))
                scratch[index] = access
                access.address &+= run.step
            }
            perform(
                UnsafeBufferPointer(start: scratch.base, count: block), firstRecord: record, step: 0
            )
            done &+= UInt64(block)
        }
    }

    private mutating func performOne(_ access: UnsafePointer<MemoryAccess>) {
        perform(UnsafeBufferPointer(start: access, count: 1), firstRecord: record, step: 0)
    }

    private mutating func performCopy(_ copy: CopyRun, _ agent: Agent) {
        var load = MemoryAccess(
            .load, at: copy.source.address.rawValue, size: copy.size, agent: agent)
        var store = MemoryAccess(
            .store, at: copy.destination.address.rawValue, size: copy.size, agent: agent)
        if let descriptorBytes { descriptorBytes.copies(true) }
        for index in 0..<copy.count {
            load.size = copy.size(at: index)
            store.size = load.size
            if let descriptorBytes { descriptorBytes.beginPair(isStore: false) }
            performOne(&load)
            if let descriptorBytes { descriptorBytes.beginPair(isStore: true) }
            performOne(&store)
            if copy.work > 0 { work(agent.index, copy.work) }
            load.address &+= UInt64(copy.size)
            store.address &+= UInt64(copy.size)
        }
        if let descriptorBytes { descriptorBytes.copies(false) }
    }

    /// Spends cycles of work between accesses, told with the fast path's time.
    private mutating func work(_ core: Int, _ cycles: UInt64) {
        let state = cores.base + core
        state.pointee.now &+= cycles &* period
        state.pointee.untoldWork &+= cycles &* period
    }

    /// Declares what a range of addresses is.
    ///
    /// Lines that caches hold stay there: that is the hazard.
    public mutating func declare(_ mapping: MemoryMapping) {
        map.insert(mapping)
        mapSize = 0
        fastEnd = 0
    }

    /// The mapping of an address.
    public func mapping(of address: UInt64) -> MemoryMapping { map.mapping(of: address) }
}
