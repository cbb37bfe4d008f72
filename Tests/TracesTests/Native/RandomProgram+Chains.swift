import Operations
import Quantities

extension RandomProgram {
    /// Declares a layout of up to eight fields.
    mutating func addLayout() {
        let size = UInt32(below(4_089)) + 8
        var layout = DescriptorLayout(size: size, fields: [])
        let optional = DescriptorLayout.Role.allCases.filter {
            $0 != .source && $0 != .length && chance(2)
        }
        for role in [.source, .length] + optional {
            let bytes = any([1, 2, 4, 8] as [UInt8])
            var field = DescriptorLayout.Field(
                role, at: UInt32(below(UInt64(size) - 7)), bytes: bytes)
            if role == .status {
                field.value = number(bits: UInt64(bytes) * 8)
            } else {
                field.mask = maybe(number(bits: UInt64(bytes) * 8) | 1)
                if role.isFlag {
                    field.value = maybe((field.mask ?? field.allBits) & number(bits: 8))
                }
            }
            layout.fields.append(field)
        }
        let symbol = name(.layout, 0, UInt64(size))
        layouts.append(symbol)
        add(.declaration(.layout(symbol, layout)))
    }

    /// Lets a device follow a chain of its own.
    mutating func addChain(_ agent: Agent) {
        if layouts.isEmpty { addLayout() }
        let layout = any(layouts)
        var fetch = DeviceOperation(
            .descriptorFetch(chain: true), at: operand(),
            bytes: program.symbols[layout]?.size ?? 0)
        fetch.layout = layout
        fetch.limit = maybe(UInt32(number(bits: 31)) + 1)
        add(.device(fetch), agent)
    }

    /// Lets a device copy memory to memory.
    mutating func addDeviceCopy(_ agent: Agent) {
        var copy = DeviceOperation(
            .write, at: operand(), bytes: size(), burst: maybe(UInt32(number(bits: 31)) + 1))
        copy.source = operand()
        add(.device(copy), agent)
    }
}
