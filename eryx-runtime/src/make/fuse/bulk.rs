//! Filling and copying memory, in pieces.
//!
//! WebAssembly has an instruction for each, and the engine does all of it at once: for some hundred
//! megabytes, each page of which the system has to find first, it takes seconds, in which no time-out
//! and no other program on this thread has a turn. So these instructions become calls of functions
//! that do the same piece by piece, with the engine's check of the time between two of them.

use wasm_encoder::{BlockType, Function, Instruction};
use wasmparser::{FuncType, ValType};

/// How much is done at a time, in bytes: as long as a tick is short, and as there is little to gain
/// from more.
const PIECE: i32 = 128 << 10;

/// The parameters of both functions: where to, what or where from, and how many bytes.
const TO: u32 = 0;
const FROM: u32 = 1;
const SIZE: u32 = 2;

/// The functions, in their order, with their names.
pub(super) fn functions() -> [(&'static str, Function); 2] {
    [("memory.fill", fill()), ("memory.copy", copy())]
}

/// The type of both.
pub(super) fn of_type() -> FuncType {
    FuncType::new([ValType::I32; 3], [])
}

fn fill() -> Function {
    let mut function = Function::new([]);
    function.instruction(&Instruction::Loop(BlockType::Empty));
    if_large(&mut function);
    function
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&Instruction::MemoryFill(0));
    add(&mut function, TO, PIECE);
    add(&mut function, SIZE, -PIECE);
    function
        .instruction(&Instruction::Br(1))
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::LocalGet(SIZE))
        .instruction(&Instruction::MemoryFill(0))
        .instruction(&Instruction::End);
    function
}

/// From the beginning on, or from the end, so that nothing is written over that is yet to be read.
fn copy() -> Function {
    let copy = Instruction::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    };
    let mut function = Function::new([]);
    function
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::I32LeU)
        .instruction(&Instruction::If(BlockType::Empty))
        .instruction(&Instruction::Loop(BlockType::Empty));
    if_large(&mut function);
    function
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&copy);
    add(&mut function, TO, PIECE);
    add(&mut function, FROM, PIECE);
    add(&mut function, SIZE, -PIECE);
    function
        .instruction(&Instruction::Br(1))
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::Else)
        .instruction(&Instruction::Loop(BlockType::Empty));
    if_large(&mut function);
    add(&mut function, SIZE, -PIECE);
    for start in [TO, FROM] {
        function
            .instruction(&Instruction::LocalGet(start))
            .instruction(&Instruction::LocalGet(SIZE))
            .instruction(&Instruction::I32Add);
    }
    function
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&copy)
        .instruction(&Instruction::Br(1))
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::End)
        .instruction(&Instruction::LocalGet(TO))
        .instruction(&Instruction::LocalGet(FROM))
        .instruction(&Instruction::LocalGet(SIZE))
        .instruction(&copy)
        .instruction(&Instruction::End);
    function
}

/// Begins what is done as long as there is more than a piece.
fn if_large(function: &mut Function) {
    function
        .instruction(&Instruction::LocalGet(SIZE))
        .instruction(&Instruction::I32Const(PIECE))
        .instruction(&Instruction::I32GtU)
        .instruction(&Instruction::If(BlockType::Empty));
}

fn add(function: &mut Function, local: u32, number: i32) {
    function
        .instruction(&Instruction::LocalGet(local))
        .instruction(&Instruction::I32Const(number))
        .instruction(&Instruction::I32Add)
        .instruction(&Instruction::LocalSet(local));
}
