#ifndef ECOQ_CHANNEL_MESSAGE_CHANNEL_H
#define ECOQ_CHANNEL_MESSAGE_CHANNEL_H

void ecoq_message_channel_minit(void);

#endif
