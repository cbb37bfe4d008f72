import MemoryModel
import Operations
import Quantities

/// Draws how engines read descriptors.
enum RandomLayout {
    static let name = SymbolID(rawValue: 1)

    static func draw(_ random: inout SplitMix64) -> DescriptorLayout {
        typealias Role = DescriptorLayout.Role
        var roles: [Role] = random.pick([[.source], [.destination], [.source, .destination]])
        for role in [Role.next, .own, .last, .wrap, .status] where random.percent(45) {
            roles.append(role)
        }
        var fields: [DescriptorLayout.Field] = []
        var offset: UInt32 = 0
        // Lengths are short by their mask, so that astray ones are, too.
        let lengthMask: UInt64 = random.pick([0xFF, 0xFF, 0x1F0])
        let flagsShare = random.percent(60)
        fields.append(DescriptorLayout.Field(.length, at: 0, bytes: 4, mask: lengthMask))
        offset = 4
        for role in roles {
            let bytes: UInt8 = role.isAddress ? random.pick([4, 4, 8]) : random.pick([1, 2, 4])
            if role.isFlag, flagsShare {
                let bit: UInt64 = role == .own ? 1 << 31 : role == .last ? 1 << 30 : 1 << 29
                fields.append(
                    DescriptorLayout.Field(
                        role, at: 0, bytes: 4, mask: bit, value: random.percent(20) ? 0 : nil))
                continue
            }
            var field = DescriptorLayout.Field(role, at: offset, bytes: bytes)
            if role.isFlag { field.mask = random.pick([nil, 1, 3]) }
            if role.isFlag, random.percent(30) { field.value = 1 }
            if role == .status {
                field.value = random.next() & field.allBits
                if random.percent(50) { field.offset = 0 }
            }
            fields.append(field)
            offset += UInt32(bytes)
        }
        let size = (offset + 3) / 4 * 4 + random.pick([0, 0, 4, 8])
        if random.percent(50) { fields.shuffle(using: &random) }
        return DescriptorLayout(size: size, fields: fields)
    }
}

extension RandomSteps {
    /// Stores of a descriptor or two, what a driver does then, and an engine that reads them.
    mutating func descriptor(
        _ layout: DescriptorLayout, _ agent: Agent
    ) -> [RandomWorld.Step] {
        let start = generator.pick(regions) + generator.pick(lines)
        var steps: [RandomWorld.Step] = []
        for index in 0..<generator.pick([1, 1, 2]) {
            steps += stores(
                layout, at: start + UInt64(index) * UInt64(layout.size), first: start, agent)
        }
        let length = 2 * UInt64(layout.size)
        if generator.percent(60) {
            let clean = Maintenance(.dcCVAC, at: Operand(start), bytes: length)
            steps.append(.perform(.maintenance(clean), agent))
        }
        if generator.percent(60) { steps.append(.perform(.barrier(Barrier(.dsb)), agent)) }
        if generator.percent(20) {
            steps.append(
                .perform(
                    .copy(
                        CopyRun(
                            to: Operand(start + UInt64(generator.in(0, 2)) * line),
                            from: Operand(start), bytes: length,
                            by: generator.pick([1, 4, 8, 16]))), agent))
        }
        let device = anyDevice
        if generator.percent(60) { steps.append(.perform(.ring(device), agent)) }
        var fetch = DeviceOperation(
            .descriptorFetch(chain: true), at: Operand(start), bytes: UInt64(layout.size))
        fetch.layout = RandomLayout.name
        fetch.limit = UInt32(generator.in(1, 5))
        steps.append(.perform(.device(fetch), device))
        if generator.percent(40) { steps.append(.perform(.wait(device), agent)) }
        return steps
    }

    /// The stores of one descriptor; now and then one is left out.
    private mutating func stores(
        _ layout: DescriptorLayout, at start: UInt64, first: UInt64, _ agent: Agent
    ) -> [RandomWorld.Step] {
        var numbers: [UInt32: (bytes: UInt8, value: UInt64)] = [:]
        for field in layout.fields {
            let mask = field.mask ?? field.allBits
            let value: UInt64 =
                switch field.role {
                case .source, .destination:
                    generator.percent(3) && field.bytes == 8
                        ? .max - 8 : address(inPhysical: true)
                case .length: generator.next()
                case .next: generator.pick([0, first, start + UInt64(layout.size), start + line])
                case .own: generator.percent(85) ? field.value ?? mask : ~(field.value ?? mask)
                case .last, .wrap:
                    generator.percent(30) ? field.value ?? mask : ~(field.value ?? mask)
                case .status: 0
                }
            let old = numbers[field.offset] ?? (field.bytes, 0)
            numbers[field.offset] = (max(old.bytes, field.bytes), old.value | value & mask)
        }
        var steps: [RandomWorld.Step] = []
        for offset in numbers.keys.sorted() where !generator.percent(4) {
            guard let number = numbers[offset] else { continue }
            let kind = generator.pick([AccessKind.store, .store, .store, .store, .storeRelease])
            let access = MemoryAccess(
                kind, at: start + UInt64(offset), size: UInt32(number.bytes), agent: agent)
            steps.append(.perform(.access(access, symbol: .none, value: number.value), agent))
        }
        return steps.isEmpty ? [.perform(.work(cycles: 1), agent)] : steps
    }

    /// A physical address in a region, as a descriptor names it.
    private mutating func address(inPhysical: Bool) -> UInt64 {
        let address = address()
        return address >= 0x6000_0000 ? Self.writeBack + (address & 0xFFF) : address
    }
}
