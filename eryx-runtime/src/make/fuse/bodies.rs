//! Rewriting a function's code for its new module.
//!
//! A call goes directly to the function that it ends in, a constant global becomes its value, and memory
//! is filled and copied in pieces ([`bulk`](super::bulk)). A call through the table first checks which
//! of the two tables the slot is in:
//!
//! ```text
//! in the base                                  in the extensions
//! slot < B ?                                   slot < B ?
//!   yes: the trampoline for calls of this        yes: the extensions' table [slot]
//!        type, with the slot as an argument
//!   no:  the base's table [slot - B + …]         no:  the base's table [slot - B + …]
//! ```

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, Function, Instruction, ValType};
use wasmparser::Operator;

use super::indices::Indices;
use super::item::Kind;
use super::module::Instance;
use super::{Unexpected, to_u32, unexpected};
use crate::module::layout::Layer;

/// Rewrites the code of an instance's functions.
pub(super) struct Body<'w, 'g, 'a> {
    indices: &'w Indices<'g, 'a>,
    instance: &'g Instance<'a>,
}

type Reencoded<T> = Result<T, reencode::Error<Unexpected>>;

impl<'w, 'g, 'a> Body<'w, 'g, 'a> {
    pub(super) fn new(indices: &'w Indices<'g, 'a>, instance: u32) -> Result<Self, Unexpected> {
        let instance = indices.graph.instance(instance)?;
        Ok(Self { indices, instance })
    }

    /// Rewrites a function.
    pub(super) fn rewrite(mut self, index: u32) -> Result<Function, Unexpected> {
        let (body, ty) = self.indices.graph.body(self.instance.id, index)?;
        let mut locals = Vec::new();
        // The scratch local for the slot of an indirect call comes after all others.
        let mut slot = to_u32(ty.params().len())?;
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            let next = slot.checked_add(count);
            slot = next.ok_or_else(|| unexpected("a function with too many locals"))?;
            locals.push((count, self.val_type(ty)?));
        }
        locals.push((1, ValType::I32));
        let mut operators = body.get_operators_reader()?;
        let mut function = Function::new(locals);
        while !operators.eof() {
            match operators.read()? {
                Operator::CallIndirect { type_index, .. } => {
                    self.call_indirect(&mut function, type_index, slot)?;
                }
                Operator::Call { function_index } => {
                    self.call(&mut function, function_index, false)?;
                }
                Operator::ReturnCall { function_index } => {
                    self.call(&mut function, function_index, true)?;
                }
                Operator::MemoryFill { mem } => {
                    self.memory_index(mem)?;
                    let [fill, _] = self.indices.bulk;
                    function.instruction(&Instruction::Call(fill));
                }
                Operator::MemoryCopy { dst_mem, src_mem } => {
                    self.memory_index(dst_mem)?;
                    self.memory_index(src_mem)?;
                    let [_, copy] = self.indices.bulk;
                    function.instruction(&Instruction::Call(copy));
                }
                operator => {
                    function.instruction(&self.instruction(operator)?);
                }
            }
        }
        Ok(function)
    }

    /// Writes a call, or a tail call. Extensions call most functions of the base through its table.
    fn call(&self, function: &mut Function, index: u32, is_tail: bool) -> Result<(), Unexpected> {
        let item = self.instance.item(Kind::Function, index);
        let analysis = self.indices.analysis;
        let target = analysis.target(item);
        let layers = (self.indices.layer, analysis.layer(target));
        let calls_base = layers == (Layer::Extensions, Some(Layer::Base));
        let slot = analysis.slot_to_call(self.indices.graph, target);
        if let Some(slot) = slot.filter(|_| calls_base) {
            let ty = self.instance.function_type(index);
            let ty = ty.ok_or_else(|| unexpected("a use of an unknown type"))?;
            let (type_index, table_index) = (self.indices.ty(ty)?, 0);
            let slot = self.indices.base_table_index(slot)?;
            function.instruction(&Instruction::I32Const(slot));
            function.instruction(&if is_tail {
                Instruction::ReturnCallIndirect {
                    type_index,
                    table_index,
                }
            } else {
                Instruction::CallIndirect {
                    type_index,
                    table_index,
                }
            });
        } else {
            let index = self.indices.function(target)?;
            function.instruction(&if is_tail {
                Instruction::ReturnCall(index)
            } else {
                Instruction::Call(index)
            });
        }
        Ok(())
    }

    /// Writes a call of the function whose slot is on the stack; `slot` is the local that holds it
    /// meanwhile.
    fn call_indirect(
        &self,
        function: &mut Function,
        type_index: u32,
        slot: u32,
    ) -> Result<(), Unexpected> {
        let ty = self.instance.types.get(type_index as usize);
        let ty = ty.ok_or_else(|| unexpected("a use of an unknown type"))?;
        let type_index = self.indices.ty(ty)?;
        let base_start = self.indices.analysis.layout.base_start.cast_signed();
        function
            .instruction(&Instruction::LocalTee(slot))
            .instruction(&Instruction::I32Const(base_start))
            .instruction(&Instruction::I32LtU)
            .instruction(&Instruction::If(BlockType::FunctionType(type_index)))
            .instruction(&Instruction::LocalGet(slot));
        let extension_call = match self.indices.layer {
            Layer::Base => {
                let (trampoline, type_index) = self.indices.trampoline(ty)?;
                function.instruction(&Instruction::I32Const(trampoline.cast_signed()));
                Instruction::CallIndirect {
                    type_index,
                    table_index: 0,
                }
            }
            Layer::Extensions => Instruction::CallIndirect {
                type_index,
                table_index: 1,
            },
        };
        function
            .instruction(&extension_call)
            .instruction(&Instruction::Else)
            .instruction(&Instruction::LocalGet(slot))
            .instruction(&Instruction::I32Const(self.indices.base_table_index(0)?))
            .instruction(&Instruction::I32Add)
            .instruction(&Instruction::CallIndirect {
                type_index,
                table_index: 0,
            })
            .instruction(&Instruction::End);
        Ok(())
    }
}

impl Reencode for Body<'_, '_, '_> {
    type Error = Unexpected;

    fn function_index(&mut self, index: u32) -> Reencoded<u32> {
        let item = self.instance.item(Kind::Function, index);
        let index = self.indices.function(item);
        index.map_err(reencode::Error::UserError)
    }

    fn type_index(&mut self, index: u32) -> Reencoded<u32> {
        let ty = self.instance.types.get(index as usize);
        let ty = ty.ok_or_else(|| unexpected("a use of an unknown type"));
        let index = ty.and_then(|ty| self.indices.ty(ty));
        index.map_err(reencode::Error::UserError)
    }

    fn global_index(&mut self, index: u32) -> Reencoded<u32> {
        let item = self.instance.item(Kind::Global, index);
        let index = self.indices.global(item);
        index.map_err(reencode::Error::UserError)
    }

    fn memory_index(&mut self, index: u32) -> Reencoded<u32> {
        let memory = self.instance.item(Kind::Memory, index);
        if self.indices.graph.memory == Some(memory) {
            return Ok(0);
        }
        Err(reencode::Error::UserError(unexpected("a second memory")))
    }

    fn table_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that uses tables or references",
        )))
    }

    fn data_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that uses data segments",
        )))
    }

    fn element_index(&mut self, _: u32) -> Reencoded<u32> {
        Err(reencode::Error::UserError(unexpected(
            "code that uses element segments",
        )))
    }

    fn instruction<'o>(&mut self, operator: Operator<'o>) -> Reencoded<Instruction<'o>> {
        if let Operator::GlobalGet { global_index } = operator {
            let global = self.instance.item(Kind::Global, global_index);
            if let Some(value) = self.indices.analysis.constant(global) {
                let checked = self.indices.check_address(global, value);
                checked.map_err(reencode::Error::UserError)?;
                return Ok(value.instruction());
            }
        }
        reencode::utils::instruction(self, operator)
    }
}
