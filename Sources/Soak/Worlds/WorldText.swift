import MemoryModel
import Operations
import Traces

/// A world as a native trace: its machine, its devices' ports and whatever a trace cannot say as comments.
struct WorldText {
    private let world: RandomWorld
    private var names = Program()

    init(_ world: RandomWorld) {
        self.world = world
        // Of statements only the devices and the layout have names.
        let head = world.devices.indices.map { "device device\($0)" } + layout
        let text = (["staleline 1"] + head).joined(separator: "\n") + "\n"
        if let program = try? NativeParser.parse(Array(text.utf8), file: "world") {
            names = program
        }
    }

    /// The trace.
    var text: String {
        var lines = [
            "staleline 1", "# The machine, of which a trace can only name one that is known:",
        ]
        lines += RandomWorld.words(world.configuration).map { "#   \($0)" }
        for (place, device) in world.devices.enumerated() { lines += words(device, place) }
        for (place, mapping) in world.mappings.enumerated() {
            lines.append(words(mapping, place))
        }
        lines += layout
        for (place, step) in world.steps.enumerated() {
            let statement = statement(step)
            let isSaid = isSaid(statement)
            lines.append(
                isSaid ? statement : "# step \(place + 1): \(RandomWorld.words(step))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var layout: [String] {
        guard let layout = world.layout else { return [] }
        let fields = layout.fields.map { field in
            "\(field.role.name) \(field.offset) \(field.bytes)"
                + (field.mask.map { " mask \(Self.hex($0))" } ?? "")
                + (field.value.map { " = \(Self.hex($0))" } ?? "")
        }
        return ["layout descriptor \(layout.size) " + fields.joined(separator: " ")]
    }

    private func words(_ device: RandomWorld.Device, _ place: Int) -> [String] {
        let (port, attributes) = (device.port, device.attributes)
        return [
            "# " + RandomWorld.plain("\(port)"),
            "device device\(place) port \(port.name)"
                + (device.readPort.map { " reads \($0.name)" } ?? "")
                + " axcache \(attributes.cache) axuser \(attributes.user)"
                + " axdomain \(attributes.domain)",
        ]
    }

    private func words(_ mapping: MemoryMapping, _ place: Int) -> String {
        let (size, type) = (mapping.end - mapping.start, mapping.type.name)
        guard mapping.physical == mapping.start else {
            return "# mapping \(Self.hex(mapping.start)) to \(Self.hex(mapping.physical)), "
                + "\(size) bytes, \(type) \(mapping.shareability.name)"
        }
        return "region r\(place) \(Self.hex(mapping.start)) \(size) \(type) "
            + mapping.shareability.name
    }

    /// What a step is in the words of the format, if it can be said.
    private func statement(_ step: RandomWorld.Step) -> String {
        switch step {
        case .setCoherent(let isCoherent, let core):
            return "env \(isCoherent ? "join" : "leave") core\(core)"
        case .perform(.environment(let event), let agent):
            return NativeWriter.words(.operation(agent, .environment(event)), of: names)
        case .perform(.access(let access, _, let value), let agent):
            // Records of other formats have kinds that the format does not.
            let own: [AccessKind] = [.miscellaneousRead, .copyBack, .invalidate]
            guard !own.contains(access.kind) else { return "" }
            let operation = Operation.access(access, symbol: .none, value: value)
            return "core\(agent.index): "
                + NativeWriter.words(.operation(agent, operation), of: names)
        case .perform(let operation, let agent):
            let named = named(operation)
            let who = agent.isCore ? "core\(agent.index)" : "device\(agent.index)"
            return "\(who): " + NativeWriter.words(.operation(agent, named), of: names)
        }
    }

    /// The operation with the symbol that the layout has here.
    private func named(_ operation: Operation) -> Operation {
        guard case .device(var transfer) = operation, transfer.layout != .none,
            let (symbol, _) = names.layouts.first
        else { return operation }
        transfer.layout = symbol
        return .device(transfer)
    }

    /// Whether the format has such a statement.
    private func isSaid(_ statement: String) -> Bool {
        let head = world.devices.indices.map { "device device\($0)" } + layout
        let text = (["staleline 1"] + head + [statement]).joined(separator: "\n") + "\n"
        return !statement.isEmpty
            && (try? NativeParser.parse(Array(text.utf8), file: "world")) != nil
    }

    private static func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
