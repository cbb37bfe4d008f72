import Operations
import Quantities

@testable import Traces

/// Makes sound programs of every kind of statement from a seed.
struct RandomProgram {
    private(set) var program = Program()
    private var random: SplitMix64
    private var devices: [SymbolID] = []
    private var places: [SymbolID] = []
    private var regions: [SymbolID] = []
    private var handles: [SymbolID] = []
    private var pools: [SymbolID] = []
    var layouts: [SymbolID] = []
    private var depth = 0
    private var hasMachine = false
    private var hasPool = false

    /// A program of `count` statements and the `end`s of its open blocks.
    static func make(seed: UInt64, count: Int) -> Program {
        var maker = RandomProgram(random: SplitMix64(seed: seed))
        for _ in 0..<count { maker.addStatement() }
        while maker.depth > 0 { maker.addEnd() }
        return maker.program
    }

    private init(random: SplitMix64) { self.random = random }

    mutating func below(_ limit: UInt64) -> UInt64 {
        UInt64.random(in: 0..<limit, using: &random)
    }

    mutating func chance(_ oneIn: UInt64) -> Bool { below(oneIn) == 0 }

    mutating func any<Value>(_ values: [Value]) -> Value {
        values[Int(below(UInt64(values.count)))]
    }

    mutating func maybe<Value>(_ value: Value) -> Value? { chance(2) ? value : nil }

    /// Numbers of every length.
    mutating func number(bits: UInt64) -> UInt64 {
        random.next() >> (64 - 1 - below(bits))
    }

    mutating func size() -> UInt64 { number(bits: 30) + 1 }

    private mutating func text() -> String {
        let letters = [
            "a", "Z", "0", " ", "%", "#", "=", ":", "4", "é", "\u{1}", "\t", "@", "😀", "\n",
        ]
        return (0...below(12)).map { _ in any(letters) }.joined()
    }

    private mutating func word() -> String {
        any(["a", "b_", "C-", "d.", "_"]) + String(program.symbols.entries.count)
    }

    private mutating func addStatement() {
        switch below(12) {
        case 0: addDeclaration()
        case 1: addStructure()
        case 2...4: addCall()
        default: addOperation()
        }
    }

    mutating func add(_ body: Statement.Body) {
        program.statements.append(Statement(body, line: UInt32(below(1_000))))
    }

    mutating func add(_ operation: Operation, _ agent: Agent? = nil) {
        var statement = Statement(
            .operation(agent ?? .core(Int(below(8))), operation), line: UInt32(below(1_000)))
        if chance(3) {
            statement.annotation = Int32(program.annotations.count)
            program.annotations.append(annotations())
        }
        program.statements.append(statement)
    }

    private mutating func annotations() -> Annotations {
        var result = Annotations()
        result.programCounter = maybe(number(bits: 64))
        let source = Annotations.SourceLine(
            file: text(), line: Int(number(bits: 31)) + (chance(9) ? 1 : 0))
        result.source = source.line > 0 ? maybe(source) : nil
        result.function = maybe(text())
        let stamp = Annotations.Stamp(
            value: number(bits: 64), unit: any(["ps", "ns", "us", "ms", "s", "cyc"]))
        result.time = maybe(stamp)
        return result
    }

    mutating func name(_ kind: SymbolTable.Kind, _ address: UInt64, _ size: UInt64)
        -> SymbolID
    {
        let entry = SymbolTable.Entry(name: word(), kind: kind, address: address, size: size)
        return program.symbols.add(entry) ?? .none
    }

    private mutating func addDeclaration() {
        let address = number(bits: 40)
        let size = size()
        let type = any(MemoryType.allCases)
        let share = maybe(any(Shareability.allCases))
        switch below(8) {
        case 5: addLayout()
        case 7 where !hasPool:
            hasPool = true
            let slot = BounceDeclaration.slotSize
            let pool = BounceDeclaration(
                start: number(bits: 28) * slot, size: (below(512) + 1) * slot, isForced: chance(2))
            add(.declaration(.swiotlb(chance(4) ? .none : pool)))
        case 0 where !hasMachine:
            hasMachine = true
            add(.declaration(.machine("m" + text())))
            add(.declaration(.kernel("6.12")))
        case 1:
            let key = "k\(program.statements.count)" + text()
            add(.declaration(.set(key: key, value: "v" + text())))
        case 2:
            let symbol = name(.region, address, size)
            regions.append(symbol)
            places.append(symbol)
            add(.declaration(.region(symbol, address: address, size: size, type, share)))
        case 3 where !regions.isEmpty:
            let region = any(regions)
            let symbol = name(.alias, address, program.symbols[region]?.size ?? 0)
            places.append(symbol)
            add(.declaration(.alias(symbol, of: region, address: address, type, share)))
        case 4 where devices.count < 64: addDevice(at: address, size)
        default:
            let symbol = name(.buffer, address, size)
            places.append(symbol)
            let area = maybe(any(MemoryArea.allCases))
            add(.declaration(.buffer(symbol, address: address, size: size, area)))
        }
    }

    private mutating func addDevice(at address: UInt64, _ size: UInt64) {
        var device = DeviceDeclaration(
            name: .none, agent: .device(devices.count), port: maybe("p" + text()),
            isCoherent: maybe(chance(2)), registers: maybe(address...(address + size - 1)),
            maskBits: maybe(Int(below(64)) + 1))
        device.attributes = maybe(attributes())
        device.hasIOMMU = chance(3)
        device.isPosted = chance(3)
        device.readPort = maybe("r" + text())
        device.maximumSegmentSize = maybe(UInt32(number(bits: 31)) + 1)
        device.segmentBoundary = maybe(UInt64.max >> below(64))
        let registers = device.effectiveRegisters
        device.name = name(
            .device, registers.lowerBound, registers.upperBound - registers.lowerBound + 1)
        devices.append(device.name)
        places.append(device.name)
        add(.declaration(.device(device)))
    }

    /// Often a value that has no words of its own.
    mutating func attributes() -> TransactionAttributes {
        var attributes: TransactionAttributes = any([.coherent, .nonCoherent])
        if chance(2) { attributes.cache = UInt8(below(16)) }
        if chance(2) { attributes.user = UInt8(below(256)) }
        if chance(2) { attributes.domain = UInt8(below(4)) }
        return attributes
    }

    private mutating func addStructure() {
        switch below(4) {
        case 0 where depth < 16:
            depth += 1
            add(.repeatBegin(count: number(bits: 64) | 1))
        case 1 where depth < 16:
            depth += 1
            let spans = program.symbols.entries.indices.filter {
                program.symbols.entries[$0].kind == .span
            }
            let old = spans.last.map { SymbolID(rawValue: UInt32($0) + 1) }
            add(.spanBegin(chance(2) ? old ?? name(.span, 0, 0) : name(.span, 0, 0)))
        case 2 where depth > 0: addEnd()
        default: add(.mark(text()))
        }
    }

    private mutating func addEnd() {
        depth -= 1
        add(.end)
    }

    mutating func operand() -> Operand {
        guard !places.isEmpty, chance(2) else { return Operand(number(bits: 48)) }
        let symbol = any(places)
        let offset = chance(2) ? 0 : number(bits: 20)
        return Operand((program.symbols[symbol]?.address ?? 0) + offset, symbol: symbol)
    }

    mutating func device() -> Agent {
        if devices.isEmpty { addDevice(at: 0x4000_0000, 4_096) }
        return .device(Int(below(UInt64(devices.count))))
    }

    private mutating func value(_ bytes: UInt64) -> UInt64? {
        maybe(number(bits: min(bytes, 8) * 8))
    }

    private mutating func addOperation() {
        switch below(12) {
        case 0...3: addAccess()
        case 4: addRun()
        case 5:
            let copy = CopyRun(
                to: operand(), from: operand(), bytes: below(6_400) + 1,
                by: any([1, 2, 4, 8, 64]), work: below(3))
            add(.copy(chance(4) ? copyOnWrite() : copy))
        case 6: addBarrier()
        case 7: addMaintenance()
        case 8: addEvent()
        case 9: addDeviceOperation()
        case 10: chance(2) ? addAccessor() : addVendorCall()
        default: add(.work(cycles: number(bits: 64)))
        }
    }

    private mutating func copyOnWrite() -> CopyRun {
        var copy = CopyRun(
            to: Operand(number(bits: 30) << 12), from: Operand(number(bits: 30) << 12),
            bytes: 4_096, by: any([1, 4, 8]), work: below(3))
        copy.isOnWrite = true
        return copy
    }

    private mutating func addAccess() {
        let place = operand()
        let agent = Agent.core(Int(below(8)))
        let kinds: [AccessKind] = [
            .load, .store, .fetch, .loadExclusive, .storeExclusive, .loadAcquire, .storeRelease,
            .prefetch,
        ]
        let kind = any(kinds)
        let isPlain = kind == .load || kind == .store
        let size: UInt32 =
            kind == .prefetch ? 1 : any([1, 2, 4, 8, 16, UInt32(number(bits: 31)) + 1])
        let access = MemoryAccess(
            kind, at: place.address.rawValue, size: size, agent: agent,
            isDependent: kind == .load && chance(4))
        let value = isPlain ? value(UInt64(size)) : nil
        add(.access(access, symbol: place.symbol, value: value), agent)
    }

    private mutating func addRun() {
        let size: UInt32 = any([1, 4, 8, 64, 100])
        let step = chance(2) ? UInt64(size) : below(256) + 1
        let whole = UInt64(size) * (number(bits: 40) + 1)
        let tail = step == UInt64(size) ? below(UInt64(size)) : 0
        let run = AccessRun(
            any([.load, .store]), from: operand(), bytes: whole - tail, by: size, step: step,
            work: below(3))
        add(.run(run))
    }

    private mutating func addBarrier() {
        guard chance(2) else { return add(.kernelBarrier(any(KernelBarrier.allCases))) }
        let domains: [Barrier.Domain] = [
            .fullSystem, .outerShareable, .innerShareable, .nonShareable,
        ]
        let barrier = Barrier(any([.dmb, .dsb]), any(domains), any([.all, .stores, .loads]))
        add(.barrier(chance(4) ? Barrier(.isb) : barrier))
    }

    private mutating func addMaintenance() {
        let instruction = any(Maintenance.Instruction.allCases)
        var maintenance = Maintenance(instruction)
        if instruction.isByAddress {
            maintenance.start = operand()
            maintenance.bytes = instruction.isOuter ? size() : maybe(size()) ?? 0
        } else if instruction.cleans || instruction == .dcISW, !instruction.isOuter {
            maintenance.level = UInt8(below(8))
        }
        add(.maintenance(maintenance))
    }

    private mutating func addEvent() {
        let core = EnvironmentEvent.Target.core(Int(below(8)))
        let kind = any(EnvironmentEvent.Kind.allCases)
        var event = EnvironmentEvent(kind, in: core)
        switch kind {
        case .evict, .fill:
            event.start = operand()
            event.bytes = maybe(size()) ?? 0
            event.target = any([.everywhere, .level2, core])
        case .late, .drain:
            guard kind == .late || chance(2) else { break }
            event.start = operand()
            event.bytes = size()
        case .pause: event.bytes = size()
        case .hold, .leave, .join, .resume: break
        }
        add(.environment(event), .core(0))
    }

    mutating func addDeviceOperation() {
        let agent = device()
        let bytes = size()
        switch below(6) {
        case 4: addChain(agent)
        case 5: addDeviceCopy(agent)
        case 0: add(.device(DeviceOperation(.interrupt)), agent)
        case 1:
            let fetch = DeviceOperation(
                .descriptorFetch(chain: chance(2)), at: operand(), bytes: bytes)
            add(.device(fetch), agent)
        default:
            var transfer = DeviceOperation(
                any([.read, .write]), at: operand(), bytes: bytes,
                burst: maybe(UInt32(number(bits: 31)) + 1), value: value(bytes))
            if chance(2) {
                transfer.rows = UInt32(number(bits: 10)) + 2
                transfer.pitch = bytes + number(bits: 20)
            }
            // Fewer than 2^11 rows, less than 2^31 bytes apart: 2^20 cycles of them have less than 2^63 bytes.
            if chance(2) { transfer.cycles = UInt32(number(bits: 20)) + 1 }
            add(.device(transfer), agent)
        }
    }

    private mutating func addAccessor() {
        let agent = device()
        switch below(3) {
        case 0: add(.ring(agent))
        case 1: add(.wait(agent))
        default:
            let symbol = devices[agent.index]
            let start = program.symbols[symbol]?.address ?? 0
            let register = Operand(start + number(bits: 12), symbol: symbol)
            let accessor = Accessor(
                any(Accessor.Function.allCases), of: agent, at: register,
                value: maybe(number(bits: 32)))
            add(.accessor(accessor))
        }
    }

    private mutating func addCall() {
        let function = any(DMACall.Function.allCases)
        var call = DMACall(function)
        let segment = DMACall.Segment(at: operand(), size: size())
        switch function.shape {
        case .map, .allocate, .memory: call.segments = [segment]
        case .link:
            call.segments = [segment]
            call.offset = number(bits: 30)
        case .mapList:
            for _ in 0...below(5) {
                call.segments.append(DMACall.Segment(at: operand(), size: size()))
            }
        case .poolCreate:
            call.size = size()
            call.alignment = number(bits: 20)
            call.boundary = maybe(number(bits: 20)) ?? 0
        case .poolAllocate, .poolFree, .poolDestroy:
            guard !pools.isEmpty else { return }
            call.pool = any(pools)
        case .unmap, .free: call.size = maybe(size())
        case .list: call.count = maybe(size())
        case .sync:
            if chance(2) {
                call.offset = number(bits: 30)
                call.size = size()
            }
        case .userMapping:
            call.segments = [segment]
            call.offset = number(bits: 30)
        case .setting:
            call.setting =
                function == .setSegmentBoundary
                ? (1 << UInt64(below(63) + 1)) - 1 : UInt64(below(64)) + 1
        case .handle, .table, .unbind, .kernelMapping: break
        }
        complete(&call)
    }

    private mutating func complete(_ call: inout DMACall) {
        let shape = call.function.shape
        if shape == .poolAllocate {
            let size = program.symbols[call.pool]?.size ?? 0
            call.segments = [DMACall.Segment(at: operand(), size: size)]
        }
        switch shape {
        case .map, .mapList, .link: call.direction = any(DMADirection.allCases)
        case .unmap, .list, .table, .sync: call.direction = maybe(any(DMADirection.allCases))
        default: break
        }
        switch shape {
        case .map, .mapList, .allocate, .poolCreate, .unbind, .setting, .memory:
            call.device = device()
        default: break
        }
        if call.function.canFail { call.fails = chance(4) }
        if call.function.takesDMAAddress { call.dmaAddress = maybe(operand()) }
        if call.function.takesCPUAddress { call.cpuAddress = maybe(operand()) }
        if call.function.takesAttributes, chance(3) {
            call.attributes = DMAAttributes(rawValue: UInt32(below(1 << 14)))
        }
        if call.function.makesHandle {
            assign(&call)
        } else if shape == .poolDestroy {
            call.handle = call.pool
        } else if ![.unbind, .setting, .memory].contains(shape) {
            guard !handles.isEmpty else { return }
            call.handle = any(handles)
        }
        // All of an allocation is mapped, or a part.
        let all = program.symbols[call.handle]?.size ?? 0
        if shape == .kernelMapping && chance(2) || shape == .userMapping && chance(2) {
            let start = operand()
            guard NativeLimits.fits(start.address.rawValue, all) else { return }
            call.segments = [DMACall.Segment(at: start, size: all)]
            call.offset = nil
        }
        add(.dma(call))
    }

    private mutating func assign(_ call: inout DMACall) {
        let isPool = call.function == .poolCreate
        let known = isPool ? pools : handles
        let old = known.isEmpty || chance(2) ? nil : any(known)
        let oldName = old.flatMap { program.symbols[$0]?.name }
        guard let entry = call.meaning(name: oldName ?? word()) else { return }
        if let old {
            program.symbols.update(old, to: entry)
            call.handle = old
        } else {
            call.handle = program.symbols.add(entry) ?? .none
            if isPool { pools.append(call.handle) } else { handles.append(call.handle) }
        }
        if isPool { call.pool = call.handle }
    }
}
