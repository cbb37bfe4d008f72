import Operations
import Quantities

extension ProgramChecker {
    /// Checks a declaration and notes what it declares.
    mutating func check(_ declaration: Declaration) throws(ProgramError) {
        switch declaration {
        case .machine(let name):
            try declareOnce("machine")
            try checkShort(name, "machine")
        case .kernel(let version):
            try declareOnce("kernel")
            try require(
                NativeRules.isKernelVersion(version), "the kernel '\(version.prefix(40))'",
                "a version such as 6.12, or 'none'")
        case .set(let key, let value):
            try declareOnce("set " + key)
            try checkShort(key, "key")
            try require(!value.isEmpty, "no value for '\(key)'", "one")
        case .region(let symbol, let address, let size, _, _):
            try checkRange(address, size)
            try declare(symbol, .region, address, size)
        case .alias(let symbol, let region, let address, _, _):
            let original = try meaning(of: region)
            try require(original.kind == .region, "a \(original.kind)", "a region")
            try checkRange(address, original.size)
            try declare(symbol, .alias, address, original.size)
        case .buffer(let symbol, let address, let size, _):
            try checkRange(address, size)
            try declare(symbol, .buffer, address, size)
        case .device(let device):
            try check(device)
        case .layout(let symbol, let layout):
            do throws(NativeRules.Violation) {
                try NativeRules.check(layout)
            } catch {
                throw ProgramError(found: "a layout without it", expected: error.expected)
            }
            try declare(symbol, .layout, 0, UInt64(layout.size))
        case .swiotlb(let pool):
            try declareOnce("swiotlb")
            guard pool != .none else { return }
            do throws(NativeRules.Violation) {
                try NativeRules.check(pool)
            } catch {
                throw ProgramError(
                    found: "a pool of \(pool.size) bytes at \(pool.start)", expected: error.expected
                )
            }
        }
    }

    /// Checks that a range has bytes and ends within the address space.
    func checkRange(_ address: UInt64, _ bytes: UInt64) throws(ProgramError) {
        try require(bytes > 0, "no bytes", "at least 1")
        try require(
            NativeLimits.fits(address, bytes),
            "\(bytes) bytes at 0x\(String(address, radix: 16))", "a range that ends below 2^64")
    }

    private func checkShort(_ text: String, _ what: String) throws(ProgramError) {
        try require(
            (1...NativeLimits.nameLength).contains(text.utf8.count),
            "a \(what) of \(text.utf8.count) characters", "1 to \(NativeLimits.nameLength)")
    }

    private mutating func check(_ device: DeviceDeclaration) throws(ProgramError) {
        try require(
            devices.count < Agent.maximumDevices, "another device",
            "at most \(Agent.maximumDevices)")
        try require(
            device.agent == .device(devices.count), "agent \(device.agent.rawValue)",
            "devices numbered in order of declaration")
        if let port = device.port { try checkShort(port, "port") }
        if let port = device.readPort { try checkShort(port, "port") }
        if let mask = device.maskBits {
            try require((1...64).contains(mask), "\(mask) address bits", "1 to 64")
        }
        if let attributes = device.attributes {
            let most = SidebandWords.most
            try require(
                attributes.cache <= most.cache && attributes.domain <= most.domain,
                "AxCACHE \(attributes.cache) and AxDOMAIN \(attributes.domain)",
                "at most \(most.cache) and \(most.domain)")
        }
        try require(
            device.maximumSegmentSize != 0, "segments of 0 bytes", "at least 1")
        if let mask = device.segmentBoundary {
            try require(
                NativeRules.isBoundary(mask), "boundary 0x\(String(mask, radix: 16))",
                NativeRules.boundary)
        }
        let registers = device.effectiveRegisters
        try require(
            registers.upperBound < UInt64.max, "registers at the end of the address space",
            "registers that end below 2^64")
        devices.append(device.name)
        let size = registers.upperBound - registers.lowerBound + 1
        try declare(device.name, .device, registers.lowerBound, size)
    }
}
